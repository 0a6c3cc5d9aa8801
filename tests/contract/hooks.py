"""What schemathesis has to know of this server: how to log in, which accounts are not to be harmed, and which
refusals no schema can foretell (allowed.toml)."""

import json
import os
import re
import tomllib
from pathlib import Path

import schemathesis

from accounts import Keeper

PREFIX = "/api/v1"
ROLE = os.environ["QIANTI_CONTRACT_ROLE"]
KEEPER = Keeper.from_environment()
# Where it is noted which refusals were let pass, one line each, so that run.py can tell what allowed.toml is needed for.
LET_PASS = Path(os.environ["QIANTI_CONTRACT_LET_PASS"])
REFUSALS = tomllib.loads((Path(__file__).parent / "allowed.toml").read_text())["refusal"]
# Rankings and reports of one quiz or of one period.
BOARD = {"quiz", "period"}


# Calls that may end the sessions of the one who calls, or take a role away.
ENDS_SESSIONS = ("/auth/logout", "/me/password", "/me/sessions", "/members/")


class Login:
    """An account of the role; another one when calls have ended its sessions or taken its role away."""

    token = None
    doubtful = True

    def get(self, _case, _context):
        if Login.doubtful:
            if Login.token is None or not KEEPER.has_role(Login.token, ROLE):
                Login.token = KEEPER.new_account(ROLE)
            Login.doubtful = False
        return Login.token

    def set(self, case, data, _context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


if ROLE != "nobody":
    # Not kept by schemathesis: `doubtful` knows better when an account is used up.
    schemathesis.auth(refresh_interval=None)(Login)


@schemathesis.hook
def after_call(_context, case, response):
    if response.status_code in (401, 403) or any(part in case.operation.path for part in ENDS_SESSIONS):
        Login.doubtful = True


@schemathesis.hook
def filter_case(_context, case):
    """Nothing is done to the one account that makes all others."""
    path, method = case.operation.path, case.method.upper()
    keeper = str(KEEPER.member_id)
    if path == f"{PREFIX}/members/{{id}}" and method == "PATCH":
        return str((case.path_parameters or {}).get("id")) != keeper
    if path == f"{PREFIX}/members/reset-passwords" and isinstance(case.body, dict):
        ids = case.body.get("member_ids")
        return not isinstance(ids, list) or keeper not in map(str, ids)
    return True


@schemathesis.hook
def map_case(_context, case):
    """Most of what is to be good names one board, and not two or none, so that it gets further than that."""
    query = case.query
    is_board = BOARD <= {parameter.name for parameter in case.operation.query}
    if case.meta is None or not is_board or not case.meta.generation.mode.is_positive or not isinstance(query, dict):
        return case
    chance = len(json.dumps(query, default=str)) % 8
    if BOARD <= query.keys() and chance:
        case.query = {name: value for name, value in query.items() if name != ("quiz", "period")[chance % 2]}
    elif not BOARD & query.keys() and chance:
        case.query = {**query, "period": ("day", "week", "month", "all")[chance % 4]}
    return case


@schemathesis.hook
def filter_failure(_context, failure, case, response):
    """Keeps every failure but a refusal for a reason that no schema can say, and faults that were told with 200."""
    if failure.code == "ST201" and case.operation.path == f"{PREFIX}/quizzes/check":
        # Answers what is wrong with a draft, so that a form can ask while it is filled in.
        return not json.loads(response.content).get("errors")
    if failure.code != "ST202" or response.status_code != 422:
        return True
    pointers = [met for number, refusal in enumerate(REFUSALS) for met in allowed_by(refusal, number, case.operation, response)]
    with LET_PASS.open("a") as file:
        file.writelines(f"{json.dumps(met)}\n" for met in pointers)
    return not pointers


def allowed_by(refusal, number, operation, response):
    """What of an entry of allowed.toml lets a refusal pass: its number, and each pointer's pattern; nothing when it does not."""
    name = f"{operation.method.upper()} {operation.path.removeprefix(PREFIX)}"
    if "with_parameter" in refusal:
        if refusal["with_parameter"] not in {parameter.name for parameter in operation.query}:
            return []
    elif name not in refusal["operations"]:
        return []
    try:
        problem = json.loads(response.content)
    except ValueError:
        return []
    if problem.get("type") != f"/problems/{refusal['problem']}":
        return []
    pointers = [error["pointer"] for error in problem.get("errors", [])]
    patterns = [next((one for one in refusal["pointers"] if re.fullmatch(one, pointer)), None) for pointer in pointers]
    return [] if None in patterns else [[number, name, pattern] for pattern in patterns or [None]]
