"""What is added to somebody else's exception: which hook of which backend raised it, and the cure if it is known."""

from __future__ import annotations

from contextlib import suppress
from os.path import exists

from augbackend.errors import FOREIGN, AugbackendError, add_note
from augbackend.standards import InvalidRequirement
from augbackend.standards.requirements import parse_requirement
from augbackend.table import Build


def explain(error: BaseException, build: Build, hook: str) -> None:
    """Add to an exception that the wrapped backend has raised what is known of it."""
    if isinstance(error, AugbackendError) or (isinstance(error, SystemExit) and not isinstance(error.code, str)):
        return  # it has said what it has to say, or nothing is wrong
    setattr(error, FOREIGN, True)
    add_note(error, "\n".join([f"augbackend: raised in {build.wrapped_backend}, hook {hook}", *_cure(error, build)]))


def _cure(error: BaseException, build: Build) -> list[str]:
    module = str(error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    top = module.partition(".")[0]
    here = (build.tree / folder / name for folder in ("", "src") for name in (module, f"{module}.py") if module)
    # If the name has a dot, its first part was found, and only a part of that package is missing.
    if module == top and any(map(exists, here)):
        cure = "it is with tool.augbackend.build-backend = 'setuptools.build_meta:__legacy__'"
        also = f"; {cure}" if build.wrapped_backend == "setuptools.build_meta" else ""
        return [f"augbackend: {module!r} is a module of this tree, and the tree is not on sys.path here{also}"]
    asked = [*build.requires, *(one.text for one in build.values.get("extra-build-dependencies", ()))]
    declared = {*asked}  # texts, and names of projects
    for text in asked:
        with suppress(InvalidRequirement):  # the frontend's to report
            declared.add(parse_requirement(text).name)
    try:
        from augbackend.knowledge.hints import on_error
    except ModuleNotFoundError:  # a copy in somebody's tree
        if not module or top.lower().replace("_", "-") in declared:
            return []
    else:
        return on_error(error, declared, build.values.get("extra-build-variables", ()))
    origin = build.values.get("origin")
    wrapped = f"{origin.name}=={origin.version}" if origin else ""
    return [
        f"augbackend: no build requirement provides the module {module!r}; if the project {top!r} does:",
        f"  augbackend {f'wrap {wrapped}' if wrapped else 'adopt .'} --require {top}",
        f"augbackend: and if you do not know: augbackend diagnose {wrapped or '.'}",
    ]
