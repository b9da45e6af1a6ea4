"""The blocks, a family a file. Every file of this folder is found and imported; nothing is listed here."""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
