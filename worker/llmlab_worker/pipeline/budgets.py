"""What the events of a batch add to budgets.

Most budgets count what a batch's sums hold already: those of a provider or model, or of all, what its
cells cost; those of a key or an environment what the groups cost; those of one of the caller's own
dimensions what the cells hold by its values. Only budgets of several own dimensions look at single events,
and only at those of their workspaces.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from llmlab_shared.db.budget_spend import SpendKey
from llmlab_shared.domain.budgets import BudgetRule, period_start
from llmlab_shared.domain.dimensions import TAG
from llmlab_shared.domain.money import from_pico

from llmlab_worker.pipeline.sums import OWN_PLACES, Cell, Group, Item, Sums, cost_of
from llmlab_worker.pipeline.workspaces import WorkspaceRules

# Some half a millisecond: other tasks want their turns.
_SUMS_A_TURN = 2000


class Addition(NamedTuple):
    """What is added to budgets, in USD, and the rules of those budgets by id."""

    rules: Mapping[int, BudgetRule]
    spend: Mapping[SpendKey, Decimal]

    def less(self, gone: "Addition") -> "Addition":
        """Return the same without what is part of it, or, of a correction, what was before it."""
        left = dict(self.spend)
        for key, spend in gone.spend.items():
            left[key] = left.get(key, Decimal(0)) - spend
        return Addition({**self.rules, **gone.rules}, {key: spend for key, spend in left.items() if spend})


class DayPlan:
    """The budgets that count the spend of one workspace's local day, by where they find it."""

    def __init__(self, rules: Iterable[BudgetRule], day: date) -> None:
        self.cells: list[_Counter] = []
        self.groups: list[_Counter] = []
        self.own: list[_Counter] = []
        self.events: list[_Counter] = []
        for rule in rules:
            counter = _Counter(rule, period_start(day, rule.period))
            if rule.dimensions <= {"provider", "model"}:
                self.cells.append(counter)
            elif not rule.own_dimensions:
                self.groups.append(counter)
            elif rule.is_kept:
                self.own.append(counter)
            else:
                self.events.append(counter)


class _Counter:
    """One budget on one day."""

    __slots__ = ("_base", "_own", "dimension", "each", "each_key", "rule", "start", "value", "whole")

    def __init__(self, rule: BudgetRule, start: date) -> None:
        self.rule, self.start = rule, start
        self.whole = SpendKey(rule.id, "", start)
        scope = rule.scope
        self._base = (
            scope.get("provider"),
            scope.get("model"),
            int(scope["api_key"]) if "api_key" in scope else None,
            scope.get("environment"),
        )
        self._own = [(name, value) for name, value in scope.items() if name in rule.own_dimensions]
        self.each_key = rule.each == "api_key"
        self.each = "" if self.each_key else rule.each or ""
        self.dimension: str = self.each or next((name for name, _ in self._own), "")
        self.value = scope.get(self.dimension)

    def fits_cell(self, cell: Cell) -> bool:
        provider, model, _, _ = self._base
        return (provider is None or provider == cell.provider) and (model is None or model == cell.model)

    def fits_group(self, group: Group) -> bool:
        _, _, api_key, environment = self._base
        return (
            (api_key is None or api_key == group.api_key_id)
            and (environment is None or environment == group.environment)
            and self.fits_cell(group.cell)
        )

    def value_of(self, item: Item) -> str | None:
        """Return whose spend an event is, `""` in a budget for all, or None where it does not count."""
        if not self.fits_group(item.group) or any(_own_value(item, name) != v for name, v in self._own):
            return None
        if self.each_key:
            return str(item.group.api_key_id)
        return (_own_value(item, self.each) or None) if self.each else ""

    def key(self, value: str) -> SpendKey:
        return SpendKey(self.rule.id, value, self.start) if value else self.whole


def _own_value(item: Item, name: str) -> str | None:
    place = OWN_PLACES.get(name)
    if place is not None:
        return item.own[place]
    tag = name.removeprefix(TAG)
    return next((value for key, value in item.tags if key == tag), None)


class Plans:
    """The day plans of some workspaces, each made when first asked for."""

    def __init__(self, rules: Mapping[int, WorkspaceRules]) -> None:
        self._rules = {workspace_id: own for workspace_id, own in rules.items() if own.budgets}
        self._plans: dict[tuple[int, date], DayPlan] = {}

    def of(self, cell: Cell) -> DayPlan | None:
        """Return the plan for a cell; None where nothing counts it."""
        if cell.billing != "metered":
            return None
        key = (cell.workspace_id, cell.day)
        plan = self._plans.get(key)
        if plan is None and (own := self._rules.get(cell.workspace_id)) is not None:
            plan = self._plans[key] = DayPlan(own.budgets_of(cell.day), cell.day)
        return plan


async def additions(sums: Sums, items: Sequence[Item], rules: Mapping[int, WorkspaceRules]) -> Addition:
    """Return what these sums add to budgets; `items` are the events that they are sums of."""
    plans = Plans(rules)
    added: dict[SpendKey, int] = {}
    touched: dict[int, BudgetRule] = {}
    due = _SUMS_A_TURN
    for count, (counter, value, cost) in enumerate(_counted(sums, items, plans)):
        key = counter.key(value)
        added[key] = added.get(key, 0) + cost
        touched[counter.rule.id] = counter.rule
        if count >= due:
            due += _SUMS_A_TURN
            await asyncio.sleep(0)
    return Addition(touched, {key: from_pico(cost) for key, cost in added.items()})


def _counted(sums: Sums, items: Sequence[Item], plans: Plans) -> Iterator[tuple[_Counter, str, int]]:
    """Yield what counts: the budget, whose spend it is, and how much (pico-USD, never 0)."""
    cells: dict[int, tuple[Cell, DayPlan | None]] = {}
    costs: dict[int, int] = {}
    for group, packed in sums.by_group():
        cell = group.cell
        held = cells.get(cell.slot)
        if held is None:
            held = cells[cell.slot] = cell, plans.of(cell)
        plan = held[1]
        if plan is None or not (cost := cost_of(packed)):
            continue
        costs[cell.slot] = costs.get(cell.slot, 0) + cost
        for counter in plan.groups:
            if counter.fits_group(group):
                yield counter, str(group.api_key_id) if counter.each_key else "", cost
    by_event = False
    for cell, plan in cells.values():
        if plan is None or cell.slot not in costs:
            continue
        by_event = by_event or bool(plan.events)
        for counter in plan.cells:
            if counter.fits_cell(cell):
                yield counter, "", costs[cell.slot]
        for counter in plan.own:
            if counter.fits_cell(cell):
                yield from _by_value(counter, sums.values_of(cell, counter.dimension))
    if by_event:
        yield from _by_event(items, plans)


def _by_value(counter: _Counter, values: Mapping[str, int]) -> Iterator[tuple[_Counter, str, int]]:
    if not counter.each:
        cost = cost_of(values.get(counter.value or "", 0))
        if cost:
            yield counter, "", cost
        return
    chosen = values.items() if counter.value is None else [(counter.value, values.get(counter.value, 0))]
    for value, packed in chosen:
        if cost := cost_of(packed):
            yield counter, value, cost


def _by_event(items: Sequence[Item], plans: Plans) -> Iterator[tuple[_Counter, str, int]]:
    for item in items:
        plan = plans.of(item.group.cell)
        if plan is not None and plan.events and (cost := cost_of(item.measures)):
            for counter in plan.events:
                value = counter.value_of(item)
                if value is not None:
                    yield counter, value, cost
