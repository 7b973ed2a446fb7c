"""What proves that a wrapped archive is upstream's: member by member, against its sdist or against its git tree.

::

    archive -> its own word on its origin -> upstream, fetched again -> member by member -> Proof

Nothing of the archive and nothing of upstream runs, unless a build is asked for. That build is confined, and what the
archive says of variables, settings and requirements reaches no further than into it.
"""
