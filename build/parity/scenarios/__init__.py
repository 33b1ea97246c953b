"""All scenarios, by what they are about. A module is a table; its head says which contract."""

from __future__ import annotations

from parity.scenarios import (
    answers,
    command_line,
    inputs,
    model_choice,
    prompts,
    resources,
    retries,
    sessions,
    sessions_old,
    tool_choice,
    tool_results,
    tools_edit,
    trouble,
)

SCENARIOS = (
    *command_line.SCENARIOS,
    *inputs.SCENARIOS,
    *answers.SCENARIOS,
    *retries.SCENARIOS,
    *tool_results.SCENARIOS,
    *tools_edit.SCENARIOS,
    *tool_choice.SCENARIOS,
    *prompts.SCENARIOS,
    *resources.SCENARIOS,
    *model_choice.SCENARIOS,
    *sessions.SCENARIOS,
    *sessions_old.SCENARIOS,
    *trouble.SCENARIOS,
)
