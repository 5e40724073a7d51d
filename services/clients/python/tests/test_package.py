"""What is made by tools is up to date, and examples in docstrings hold."""

import doctest
import importlib
import importlib.util
import pkgutil
from pathlib import Path

import pytest

import tilanne

HOME = Path(__file__).parent.parent


def test_types_of_objects_are_those_of_the_api():
    spec = importlib.util.spec_from_file_location("objects_tool", HOME / "tools/objects.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.TARGET.read_text() == tool.generate(), "run python tools/objects.py"


MODULES = [module.name for module in pkgutil.iter_modules(tilanne.__path__)]


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings(module: str):
    imported = importlib.import_module(f"tilanne.{module}")
    assert doctest.testmod(imported).failed == 0


def test_the_package_is_typed():
    assert (Path(tilanne.__path__[0]) / "py.typed").exists()
