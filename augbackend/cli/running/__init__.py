"""Somebody's install command, run as it stands; and run again with wrapped packages where one did not build.

::

    words -> FrontendCommand -> its output, passed on and kept -> FailedPackage -> (wrapped by the commands) ->
    the same words with lines of constraints -> ...
"""
