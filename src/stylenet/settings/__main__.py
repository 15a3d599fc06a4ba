"""``python -m stylenet.settings``: write ``docs/configuration.md`` of a clone anew."""

from stylenet.settings.folder import conf_folder
from stylenet.settings.guide import ROOTS, read_guide
from stylenet.settings.help import markdown

if __name__ == "__main__":
    conf = conf_folder()
    guides = [read_guide(conf, program) for program in ROOTS]
    (conf.parent / "docs" / "configuration.md").write_text(markdown(guides))
