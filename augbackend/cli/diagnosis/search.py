"""The search: attempts, each with what the last failure asks for, until a wheel stands or nothing is left to try.

Depth first, the likeliest proposal first; what did not change the failure is taken back. Of the declaration that
gives a wheel, every entry is left out once, and stays out if the wheel is the same without it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Callable, Optional

from packaging.utils import canonicalize_name
from packaging.version import Version

from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.strangers.interruption import Interrupted

from . import (
    compiler_output,
    import_failures,
    obstacles,
    older_tools,
    optional_imports,
    proposals,
    silent_losses,
    so_far,
)
from .attempt import STAGES, Attempt, Failure, Stage
from .evidence import Case, Obstacle, Proposal, declaring
from .search_result import Cut, SearchResult, Verdict
from .upper_bounds import is_below, is_possible
from .wheel_check import Check

if TYPE_CHECKING:
    from .through_sdist import Loss

Try = Callable[[Declaration, str], Attempt]
Look = Callable[[Attempt], Check]
MOST_ATTEMPTS = 24
_OF_CYTHON = "Cython.Compiler"
_OF_PYTHON = re.compile(r"undefined symbol: _?Py[A-Z]")


@dataclass
class Search:
    """One search: its attempts so far are its only state.

    :param attempt: makes an attempt, told why.
    :param look: installs and imports a wheel.
    :param has_time: whether there is time for one more.
    :param is_ended: whether the user has ended it.
    :param through: says what is lost by way of the sdist, where a folder has to make one; raises TimeoutError if that
        is cut short.
    """

    case: Case
    attempt: Try
    look: Look
    has_time: Callable[[], bool]
    is_ended: Callable[[], bool] = lambda: False
    through: Callable[[Attempt], Optional[Loss]] = lambda _: None
    made: dict[object, Attempt] = field(default_factory=dict)
    paths: dict[object, dict[tuple[str, str], tuple[Proposal, ...]]] = field(default_factory=dict)
    leaves: list[Attempt] = field(default_factory=list)
    conflicts: list[Attempt] = field(default_factory=list)
    no_steps: list[Attempt] = field(default_factory=list)
    asked_at: dict[int, Stage] = field(default_factory=dict)
    passed: list[Attempt] = field(default_factory=list)
    fell_back: list[Attempt] = field(default_factory=list)
    checks: dict[object, Check] = field(default_factory=dict)
    good: Optional[Attempt] = None
    cut: Cut = ""
    is_sdist_known: bool = True

    def run(self) -> SearchResult:
        """Search.

        :return: also if the user ends it: what is known by then.
        :raises AugbackendError: if an index cannot be reached, so that nothing can be found out.
        """
        with suppress(Interrupted):
            if self.case.recipe.recipe is not None:
                by_recipe = self._by_recipe(f"{self.case.recipe.recipe.origin}; {self.case.recipe.recipe.known}")
                if by_recipe is not None:
                    return by_recipe
            first = self._try(self.case.declared, "as it is declared" if self.case.declared.size else "as it is")
            good = first if first.failure is None else self._explore(first)
            if good is None:
                return self._unfinished() if self.cut else self._hopeless(first)
            # Looked at before anything is left out again: of what takes long, that may be all there is time for.
            if self._checked(good).untried and not self._has_time():
                return self._unfinished(good)
            self.good = good
            return self._complete(self._pruned(good))
        self.cut = "user"
        return self._found(self.good) if self.good else self._unfinished()

    def _by_recipe(self, why: str) -> SearchResult | None:
        """What comes of the recipe; ``None`` if that is no wheel that works, so that it has to be searched for."""
        said = self.case.recipe
        proposal = Proposal(said, f"the recipe {why}")
        self.paths[key(said)] = {one: (proposal,) for one in said.entries if one not in self.case.declared.entries}
        made = self._try(said, proposal.why)
        if made.failure is not None:
            return self._unfinished() if self.cut else None
        check = self._checked(made)
        if check.untried and not self._has_time():
            return self._unfinished(made)
        return None if check.installs or check.problem else self._found(made)

    def _try(self, declaration: Declaration, why: str) -> Attempt:
        if key(declaration) not in self.made:
            attempt = self.attempt(declaration, why)
            if attempt.failure is not None and obstacles.unreachable(attempt.failure):
                raise CliError(
                    "the build requirements cannot be fetched",
                    id="requirements-not-fetched",
                    where=attempt.failure.message,
                    hint="an index has to be within reach; --no-build only reads",
                )
            self.made[key(declaration)] = attempt
            if attempt.failure is not None and attempt.failure.is_interrupted:
                self.cut = "user"
            elif attempt.failure is not None and attempt.failure.is_over_time:
                self._has_time()
        return self.made[key(declaration)]

    def _has_time(self) -> bool:
        """Whether there is time for something that is left to do; if not, why is kept."""
        if not self.cut:
            self.cut = "user" if self.is_ended() else "" if self.has_time() else "time"
        return not self.cut

    def _may_go_on(self) -> bool:
        """Whether there may be one more attempt that is left to make; if not, why is kept."""
        if self._has_time() and len(self.made) >= MOST_ATTEMPTS:
            self.cut = "attempts"
        return not self.cut

    def _explore(self, failed: Attempt) -> Attempt | None:
        """The first attempt with a wheel that leads on from a failure."""
        if failed.failure is None:
            return failed
        try:
            return self._explored(failed, failed.failure)
        except Interrupted:
            self.leaves.append(failed)
            raise

    def _explored(self, failed: Attempt, failure: Failure) -> Attempt | None:
        for proposal in proposals.proposed(self.case, failed):
            if not self._is_new(failed, proposal):
                continue
            attempt = self._on(failed, proposal)
            if attempt.failure is None:
                return attempt
            is_cut_short = attempt.failure.is_cut_short
            if is_cut_short and proposal.is_certain:
                self.asked_at[id(attempt)] = failure.stage
            is_unsound = attempt.failure.stage == "install" and failure.stage != "install" and not is_cut_short
            self.conflicts += [attempt] if is_unsound else []
            # By age is a guess: what then fails earlier than before is no step, and no pin gives way to it.
            is_wrong = bool(proposal.whys) and STAGES.index(attempt.failure.stage) < STAGES.index(failure.stage)
            if is_wrong or attempt.failure.signature == failure.signature:
                continue
            if proposal.whys and attempt.failure.message == failure.message:
                self.no_steps.append(attempt)  # the same in other words
            if STAGES.index(attempt.failure.stage) < STAGES.index(failure.stage):
                self.fell_back.append(attempt)
            elif not is_unsound:
                self.passed.append(failed)
            found = self._explore(attempt)
            if found is not None:
                return found
            if proposal.is_certain and not is_unsound:
                break  # it is needed, whatever else is
        self.leaves.append(failed)
        return None

    def _on(self, before: Attempt, proposal: Proposal) -> Attempt:
        """The attempt with one proposal more; why each of its entries is there is noted."""
        declaration = before.declaration.joined(proposal.adds)
        path = self.paths.get(key(before.declaration), {})
        more = {entry: (*path.get(entry, ()), proposal) for entry in proposal.adds.entries}
        self.paths[key(declaration)] = {**path, **more}
        return self._try(declaration, proposal.why)

    def _pruned(self, good: Attempt) -> Attempt:
        """The wheel with the least declared that is as good."""
        for entry in sorted(good.declaration.entries, key=_by_weight):
            if good.declaration.size <= 1:
                break
            if entry in self.case.declared.entries:
                continue  # the user's own
            if entry not in good.declaration.entries or self._is_certain(entry, good):
                continue
            smaller = good.declaration.without(*entry)
            if entry[0] == "removed":
                smaller = smaller.without("requires", entry[1])
            if key(smaller) in self.made or self._may_go_on():
                self.paths.setdefault(key(smaller), self.paths[key(good.declaration)])
                attempt = self._try(smaller, f"without {entry[1]}")
                self.good = good = attempt if self._is_as_good(attempt, good) else good
        return self._relaxed(good)

    def _is_certain(self, entry: tuple[str, str], good: Attempt) -> bool:
        text = good.declaration.requirement_texts.get(entry[1], "")
        return entry[0] == "requires" and "<" not in text and self.paths[key(good.declaration)][entry][0].is_certain

    def _relaxed(self, good: Attempt) -> Attempt:
        """The same with the weakest upper bounds that still do, where the sdist's age said them."""
        for name in good.declaration.requirement_texts:
            path = self.paths.get(key(good.declaration), {}).get(("requires", name), ())
            if not path or name not in path[-1].whys:
                continue
            newest, text = self._newest(name), good.declaration.requirement_texts[name]
            bounds = older_tools.bounds(self.case, newest, name) if newest else []
            weaker = [name, *(f"{name}<{one}" for one in reversed(bounds))]
            said = self._said(good.declaration, name)
            if said:  # what a message asks for is the weakest
                weaker = [said, *(one for one in weaker if is_below(one, said))]
            texts = weaker[: weaker.index(text)] if text in weaker else []
            first, last = 0, len(texts)  # texts[last] is known to do
            while first < last and self._may_go_on():
                middle = 0 if first == 0 else (first + last) // 2  # most often nothing is left of it
                candidate = good.declaration.without("requires", name).joined(declaring(texts[middle]))
                self.paths.setdefault(key(candidate), self.paths[key(good.declaration)])
                attempt = self._try(candidate, f"with {texts[middle]}")
                if self._is_as_good(attempt, good):
                    self.good, good, last = attempt, attempt, middle
                else:
                    first = middle + 1
        return good

    def _said(self, declaration: Declaration, name: str) -> str:
        """The bound that a failure asked for, not the sdist's age; empty if none did."""
        path = self.paths[key(declaration)][("requires", name)]
        asked = [one.adds.requirement_texts.get(name, "") for one in path if name not in one.whys]
        return next((text for text in asked if "<" in text), "")

    def _newest(self, name: str) -> Attempt | None:
        """The attempt that had the newest release of a project."""
        having = [one for one in self.made.values() if name in one.installed]
        return max(having, key=lambda one: Version(one.installed[name]), default=None)

    def _is_as_good(self, attempt: Attempt, good: Attempt) -> bool:
        if attempt.failure is not None:
            return False
        one, other = self._checked(attempt), self._checked(good)
        is_worse = bool((other.is_compiled and not one.is_compiled) or (one.problem and not other.problem))
        return not (is_worse or one.installs or one.untried)

    def _checked(self, attempt: Attempt) -> Check:
        made = key(attempt.declaration)
        if made not in self.checks:
            self.checks[made] = self.look(attempt)
        return self.checks[made]

    def _complete(self, good: Attempt) -> SearchResult:
        """What builds; unless it silently left out what a module that is absent would have made."""
        self._checked(good)  # before more is tried, which may take all the time
        good = self._importing(self._with_what_it_skipped(good))
        check = self._checked(good)
        for proposal in optional_imports.proposed(self.case, good, check):
            if not self._may_go_on():
                break
            attempt = self._on(good, proposal)
            if attempt.failure is None and self._checked(attempt).is_compiled:
                self.good = attempt
                return self._found(self._pruned(attempt))
        return self._found(good)

    def _with_what_it_skipped(self, good: Attempt) -> Attempt:
        """The wheel with what its build says that it did without, if that gives another wheel."""
        for proposal in silent_losses.proposed(self.case, good):
            if not self._is_new(good, proposal):
                continue
            attempt = self._on(good, proposal)
            more = attempt if attempt.failure is None else self._explore(attempt)
            if more is not None and silent_losses.is_another(more, self._checked(more), good, self._checked(good)):
                good = self._pruned(more)
        return good

    def _importing(self, good: Attempt) -> Attempt:
        """A wheel that imports, where this one is broken and something that may be declared mends it."""
        if not self._is_broken(good):
            return good
        failed = replace(good, failure=import_failures.failure(self.case, good.output, self._checked(good).problem))
        for proposal in proposals.proposed(self.case, failed):
            attempt = self._on(good, proposal) if self._is_new(good, proposal) else good
            if attempt.failure is None and not self._is_broken(attempt):
                return self._pruned(attempt)
        return good

    def _is_broken(self, good: Attempt) -> bool:
        """Whether a wheel does not import; a variable that leaves a part of it out is the user's choice."""
        check = self._checked(good)
        return check.is_broken and not (check.missing and good.declaration.variables)

    def _is_new(self, before: Attempt, proposal: Proposal) -> bool:
        declared = before.declaration.joined(proposal.adds)
        return key(declared) not in self.made and is_possible(declared) and self._may_go_on()

    def _found(self, good: Attempt) -> SearchResult:
        check = self._checked(good)
        if check.installs:
            reason = f"a wheel is built, and does not install: {check.installs}"
            return self._ended("not-by-a-declaration", good, check, Obstacle(reason, check.installs))
        if _OF_PYTHON.search(check.problem):
            gone = obstacles.obstacle(self.case, replace(good, failure=Failure("import", check.problem))).gone
            reason = f"a wheel is built, and is not for this Python: {check.problem}"
            obstacle = Obstacle(reason, check.problem, gone, is_of_python=True)
            return self._ended("not-by-a-declaration", good, check, obstacle)
        if self._is_broken(good) and not good.declaration.size:
            failed = replace(good, failure=Failure("import", check.problem))
            return self._ended("not-by-a-declaration", good, check, obstacles.obstacle(self.case, failed))
        good, lost = self._through_sdist(good)
        check = self._checked(good)
        if lost is not None:
            reason = f"a wheel is built in its folder, but not through its sdist, as `uv build` does: {lost.reason}"
            # Where something is declared, that is needed in any case, and does it for whoever builds in the folder.
            verdict: Verdict = "builds-when-declared" if good.declaration.size else "not-by-a-declaration"
            return self._ended(verdict, good, check, Obstacle(reason))
        verdict = "builds-when-declared" if good.declaration.size else "builds-as-is"
        return self._ended(verdict, good, check, None)

    def _unfinished(self, good: Attempt | None = None) -> SearchResult:
        """What is known when something ends the search.

        :param good: a wheel that there was no time to look at.
        """
        far = [good] if good else so_far.furthest(self._steps(), self.asked_at)
        one = far[0] if far else Attempt(Declaration(), None, None, 0.0)
        failed = one.failure is not None and not one.failure.is_cut_short
        obstacle = obstacles.obstacle(self.case, one) if failed else None
        return self._ended("unfinished", one, self.checks.get(key(one.declaration)), obstacle)

    def _steps(self) -> list[Attempt]:
        return [attempt for attempt in self.leaves if attempt not in (*self.conflicts, *self.no_steps)]

    def _through_sdist(self, good: Attempt) -> tuple[Attempt, Loss | None]:
        """What builds by way of the folder's sdist as well; else what is lost on that way."""
        if self.cut in ("time", "user"):
            self.is_sdist_known = False
            return good, None
        try:
            lost = self.through(good)
            if lost is None or lost.failure is None:
                return good, lost
            for proposal in proposals.proposed(self.case, replace(good, failure=lost.failure)):
                attempt = self._on(good, proposal) if self._is_new(good, proposal) else good
                if attempt is not good and attempt.failure is None and self.through(attempt) is None:
                    return attempt, None
        except TimeoutError:
            self.cut = self.cut or ("user" if self.is_ended() else "time")
            self.is_sdist_known = False
            return good, None
        return good, lost

    def _hopeless(self, first: Attempt) -> SearchResult:
        """The obstacle where the likeliest proposals came furthest; if no rule names it, one that a rule does name.

        What a later attempt on the same way got past is in nobody's way.
        """
        steps = self._steps()
        ends = [attempt for attempt in steps if attempt not in self.passed] or steps
        far = sorted(so_far.furthest(ends, {}), key=lambda attempt: attempt in self.fell_back)
        found = [(one, obstacles.obstacle(self.case, one)) for one in far]
        last, obstacle = next((pair for pair in found if pair[1].is_known), found[0])
        obstacle = self._with_conflict(self._or_another_python(obstacle))
        if _stage(first) == "install":
            own = obstacles.obstacle(self.case, first)
            if own != obstacle:
                obstacle = replace(obstacle, reason=f"{own.reason}; and without that, {obstacle.reason}")
        return self._ended("not-by-a-declaration", last, None, obstacle)

    def _or_another_python(self, obstacle: Obstacle) -> Obstacle:
        """What is in the way where C was made anew; an older Python may take the C as it was."""
        is_last = obstacle.is_of_python or (obstacle.is_known and _OF_CYTHON not in obstacle.said)
        for attempt in self.passed if not is_last else ():
            before = obstacles.obstacle(self.case, attempt)
            if before.is_of_python and attempt.failure and compiler_output.error(attempt.failure.output):
                reason = f"{obstacle.reason}; {attempt.declaration.in_words()}: {before.reason}"
                return replace(obstacle, reason=reason, gone=before.gone, is_of_python=True)
        return obstacle

    def _with_conflict(self, obstacle: Obstacle) -> Obstacle:
        """What was asked for and could not be had, beside what is in the way without it."""
        conflict = next((one for one in self.conflicts if one in self.leaves), None)
        if conflict is None or conflict.failure is None:
            return obstacle
        words = obstacles.in_the_words_of_installer(conflict.failure.output)
        return replace(obstacle, reason=f"{obstacle.reason}; with {conflict.declaration.in_words()}: {words}")

    def _ended(
        self, verdict: Verdict, attempt: Attempt, check: Check | None, obstacle: Obstacle | None
    ) -> SearchResult:
        declaration = attempt.declaration
        path = self.paths.get(key(declaration), {})
        texts = declaration.requirement_texts
        given = (Proposal(self.case.declared, "it is declared already"),)
        reasons = {one: _why(path.get(one, given), texts.get(one[1], "")) for one in declaration.entries}
        made = tuple(self.made.values())
        return SearchResult(
            verdict, declaration, reasons, made, attempt, check, obstacle, self.cut, self.is_sdist_known
        )


def key(declaration: Declaration) -> tuple[object, ...]:
    """Equal for declarations that build the same."""
    both = (declaration.requirement_texts, declaration.variable_values)
    patches = tuple(one.sha256 for one in declaration.patches)
    return (*(tuple(sorted(one.items())) for one in both), tuple(sorted(declaration.removed)), patches)


def _why(proposed: tuple[Proposal, ...], text: str) -> Proposal:
    """Why an entry is there: what proposed just that; what bounded it last; what asked for it first."""
    exactly = [one for one in proposed if text and text in one.adds.requirement_texts.values()]
    return exactly[0] if exactly else proposed[-1 if "<" in text else 0]


def _stage(attempt: Attempt) -> str:
    return attempt.failure.stage if attempt.failure else ""


def _by_weight(entry: tuple[str, str]) -> tuple[bool, str]:
    """Requirements before variables: what a variable spares is often a requirement."""
    return entry[0] != "requires", canonicalize_name(entry[1])
