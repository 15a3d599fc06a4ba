"""Settings: what they are called, what is wrong with them, what ``conf/`` says, their files.

Below `stylenet.run`, which settles and builds them. Nothing here is built.
"""
