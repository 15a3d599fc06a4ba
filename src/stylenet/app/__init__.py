"""The web page, ``stylenet app``: Gradio on top of `stylenet.apply`."""
