"""Finding out what a build is missing.

::

    sdist -> Reading (syntax only) ─┐
                                    ├─> proposals -> Declaration -> attempt -> Outcome ─┐
    Failure, Knowledge ─────────────┘          ^─────────────── Failure ───────────────┤
                                                                   a wheel -> pruned -> Diagnosis

Code of strangers runs in :mod:`.strangers` only, and writes where :mod:`.confinement` lets it.
"""
