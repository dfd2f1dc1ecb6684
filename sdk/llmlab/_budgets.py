"""Budgets, blocking: `LLMLab.budgets`."""

from __future__ import annotations

from llmlab import _budget_calls
from llmlab._reads import Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Unpack

    from llmlab.types import JSON, BudgetChanges, BudgetFields, JSONList, Moment


class Budgets(Resource):
    """Limits on spend and how much of them is used."""

    def list(self) -> JSONList:
        """Return all budgets of the workspace."""
        return self._all(_budget_calls.list_budgets, "budgets")

    def get(self, budget_id: int) -> JSON:
        """Return one budget with what it has spent and alerted."""
        return self._send(_budget_calls.get_budget(budget_id))

    def set(self, budget_amount: Decimal | str | float, **fields: Unpack[BudgetFields]) -> JSON:
        """Set a budget in USD for every period, or with `month` for that month only.

        `scope` says what it is of (`{"feature": "search"}`), `each` makes it one for each user, team,
        customer, project or API key. There is one budget of each scope, `each`, period and month: to set it
        again changes it.
        """
        return self._send(_budget_calls.set_budget(budget_amount, fields))

    def change(self, budget_id: int, **fields: Unpack[BudgetChanges]) -> JSON:
        """Change a budget; `budget_amount` holds from the current period on, or from the day `from_`."""
        return self._send(_budget_calls.change_budget(budget_id, fields))

    def delete(self, budget_id: int) -> None:
        """Remove a budget with what it recorded."""
        self._send(_budget_calls.delete_budget(budget_id))

    def values(self, budget_id: int, period: Moment | None = None) -> JSONList:
        """Return whose spend a budget for each counts (`{"value", "spent"}`), the most first."""
        return self._all(lambda cursor: _budget_calls.budget_values(budget_id, period, cursor), "values")

    def backtest(
        self, budget_amount: Decimal | str | float, *, days: int = 90, **fields: Unpack[BudgetFields]
    ) -> JSON:
        """Return what a budget would have done in the last `days` days; nothing is made."""
        return self._send(_budget_calls.backtest(budget_amount, days, fields))
