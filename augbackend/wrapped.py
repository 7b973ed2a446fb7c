"""The wrapped backend: finding it, importing it, and saying precisely why that failed."""

from __future__ import annotations

from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path

from .errors import WrappedBackendUnavailable, add_note
from .pep508 import canonical_name, parse_requirement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .reading import Build


def module_name(build: Build) -> str:
    """The module part of the wrapped backend's object path."""
    return build.settings.build_backend.partition(":")[0]


def folders(build: Build) -> list[Path]:
    """The wrapped backend's own in-tree folders, absolute."""
    return [(build.tree / folder).resolve() for folder in build.settings.backend_path]


def load(build: Build) -> Any:
    """Import the wrapped backend and return the object that holds its hooks (PEP 517, "Source trees").

    Only to be called with the declared variables set: what it imports may read them.

    :raises WrappedBackendUnavailable: if it is not there. Whatever else its import raises is its own.
    """
    name, _, attributes = build.settings.build_backend.partition(":")
    place = build.origins.get("build-backend", "the default of tool.augbackend.build-backend")
    where = f"{place}: {build.settings.build_backend!r}"
    top, in_tree = name.partition(".")[0], folders(build)
    if in_tree and PathFinder.find_spec(top, [str(folder) for folder in in_tree]) is None:
        what = f"the wrapped backend is not in its backend-path: no module {top!r} there"
        raise WrappedBackendUnavailable(what, where=where, hint=f"looked in {', '.join(map(str, in_tree))}")
    try:
        backend: Any = import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise WrappedBackendUnavailable(
            f"the wrapped backend cannot be imported: {error}", where=where, hint=_missing_hint(str(error.name))
        ) from None
    if in_tree:
        _check_origin(backend, in_tree, where)
    for attribute in filter(None, attributes.split(".")):
        if not hasattr(backend, attribute):
            raise WrappedBackendUnavailable(
                f"the wrapped backend has no {attribute!r}: {backend!r}",
                where=where,
                hint=f"mend the part after the colon; {name} is importable",
            )
        backend = getattr(backend, attribute)
    return backend


def _missing_hint(missing: str) -> str:
    if "." in missing:
        return f"{missing.rpartition('.')[0]!r} is there, but has no module {missing.rpartition('.')[2]!r}: misspelt?"
    return f"misspelt, or the project that provides {missing!r} is not in build-system.requires"


def _check_origin(module: Any, wanted: Sequence[Path], where: str) -> None:
    """PEP 517, "In-tree build backends": the backend must come from its ``backend-path``."""
    file = getattr(module, "__file__", None)
    if file is None or not any(folder in Path(file).resolve().parents for folder in wanted):
        raise WrappedBackendUnavailable(
            f"the wrapped backend was not found in-tree, but as {file}",
            where=where,
            hint=f"tool.augbackend.backend-path says {', '.join(map(str, wanted))}",
        )


def _is_of_the_tree(build: Build, module: str) -> bool:
    return any((build.tree / folder / name).exists() for folder in ("", "src") for name in (module, f"{module}.py"))


def explain(error: BaseException, build: Build, hook: str) -> None:
    """Add to somebody else's exception which hook of which backend raised it, and the cure where it is known."""
    note = f"augbackend: raised in {build.settings.build_backend}, hook {hook}"
    # Of a dotted name the first part was found: what is missing is a part of something that is there.
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and "." not in missing and _is_of_the_tree(build, missing):
        note += f"\naugbackend: {missing!r} is a module of this tree, and the tree is not on sys.path here"
        if build.settings.build_backend == "setuptools.build_meta":
            note += "; it is with tool.augbackend.build-backend = 'setuptools.build_meta:__legacy__'"
    else:
        note += "".join(f"\n{line}" for line in _advised(error, build))
    add_note(error, note)


def _advised(error: BaseException, build: Build) -> list[str]:
    """What is known of an error, as lines; nothing where it is declared already, or known rows do not fit."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else ""
    declared = {entry.parsed.name for entry in build.settings.extra_build_dependencies}
    try:
        from .knowledge import advice
    except ImportError:  # a copy in a tree has no knowledge
        if not missing or canonical_name(missing.partition(".")[0]) in declared:
            return []
        return [f"augbackend: nothing declares what provides {missing!r}; `augbackend diagnose` finds out what does"]
    found = advice.on(f"No module named {missing!r}" if missing else f"{type(error).__name__}: {error}")
    if found is None:
        return []
    requires = [text for text in found.requires if parse_requirement(text).name not in declared]
    variables = {
        name: value for name, value in found.variables.items() if name not in build.settings.extra_build_variables
    }
    if not (requires or variables) and (found.requires or found.variables):
        return []
    lines = [f"augbackend: {found.because}{'; add' if requires or variables else ''}"]
    lines += [f'  "{text}"' for text in requires]
    lines += ["augbackend: to extra-build-dependencies in [tool.augbackend] of pyproject.toml"] if requires else []
    lines += [f'  {name} = "{value}"' for name, value in variables.items()]
    lines += ["augbackend: to extra-build-variables in [tool.augbackend] of pyproject.toml"] if variables else []
    return lines
