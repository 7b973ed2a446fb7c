"""What is known about builds that fail, and what follows from it.

::

    rows.toml, files of the user's own -> rows.Knowledge
    text of a failed build -> clues.Clue, one for each thing that the text names
    Clue, the Python of the build -> consequences.Consequence: entries to declare, or what is in the way

Read only when something has failed, so that a build that works never pays for it. A copy of the backend in somebody's
tree does not contain this package.
"""
