"""Finding out what a build is missing.

::

    sdist -> Reading (syntax only) ─┐
                                    ├─> Proposal -> Declaration -> Attempt ─┐
    Failure -> clues, Knowledge ────┘       ^─────────── Failure ───────────┤
                                                        a wheel -> pruned -> SearchResult -> Diagnosis

Code of strangers runs in :mod:`augbackend.cli.strangers` only, and writes where its confinement lets it.
"""
