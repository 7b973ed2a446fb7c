# type: ignore  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here
"""What is added to somebody else's exception: which hook of which backend raised it, and the cure if it is known."""

from __future__ import annotations

import sys

from augbackend.table import Build


def explain(error: BaseException, build: Build, hook: str) -> None:
    """Attach a note to an exception, whose type and traceback stay as they are.

    Python before 3.11 cannot do that (PEP 678), and prints no note of ``SystemExit``, by which setuptools reports most
    errors; there it is printed ahead.
    """
    if isinstance(error, SystemExit) and not isinstance(error.code, str):
        return  # it has said what it has to say, or nothing is wrong
    note = "\n".join([f"augbackend: raised in {build.wrapped_backend}, hook {hook}", *_cure(error, build)])
    if sys.version_info >= (3, 11) and not isinstance(error, SystemExit):
        error.add_note(note)
    else:
        print(note, file=sys.stderr, flush=True)


def _cure(error: BaseException, build: Build) -> list[str]:
    module = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    top = module.partition(".")[0]
    here = (build.tree / folder / name for folder in ("", "src") for name in (module, f"{module}.py") if module)
    # Of a dotted name the first part was found: what is missing is a part of something that is there.
    if module == top and any(path.exists() for path in here):
        cure = "it is with tool.augbackend.build-backend = 'setuptools.build_meta:__legacy__'"
        also = f"; {cure}" if build.wrapped_backend == "setuptools.build_meta" else ""
        return [f"augbackend: {module!r} is a module of this tree, and the tree is not on sys.path here{also}"]
    declared = {one.parsed.name for one in build.values.get("extra-build-dependencies", ())}
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
        f"augbackend: nothing declares what provides the module {module!r}; if that is the project {top!r}:",
        f"  augbackend {f'wrap {wrapped}' if wrapped else 'adopt .'} --require {top}",
        f"augbackend: and if you do not know: augbackend diagnose {wrapped or '.'}",
    ]
