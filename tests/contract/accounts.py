"""The accounts that the contract is tried with, made through the API itself. Standard library only."""

import json
import os
import secrets
import urllib.error
import urllib.request

PREFIX = "/api/v1"
ROLES = ("nobody", "member", "committee-leader", "committee-admin", "root-admin")
PASSWORD = "contract-Pass-2026"


class Refused(Exception):
    """The server has answered something else than what was asked for."""

    def __init__(self, call, status, body):
        super().__init__(f"{call}: {status} {body[:500]!r}")
        self.status = status


class Api:
    """Calls to a server, as one person."""

    def __init__(self, base, token=None):
        self.base, self.token = base, token

    def call(self, method, path, body=None):
        headers = {"Accept-Language": "en"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + PREFIX + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path}", error.code, error.read()) from None
        return json.loads(text) if text else None

    def log_in(self, login, password):
        answer = self.call("POST", "/auth/login", {"login": login, "password": password})
        return Api(self.base, answer["access_token"])


class Keeper:
    """A root admin whom no test touches. Makes the accounts that tests may do anything to."""

    def __init__(self, base, login, member_id, committee):
        self.base, self.login, self.member_id, self.committee = base, login, member_id, committee
        self.api = None

    @classmethod
    def create(cls, base, admin_password):
        """Makes the keeper on a new server that holds the demo."""
        admin = Api(base).log_in("admin", admin_password)
        units = admin.call("GET", "/units")["items"]
        root = next(unit for unit in units if unit["parent_id"] is None)
        committee = next(unit for unit in units if unit["kind"] == "committee")
        login = "keeper"
        made = admin.call("POST", "/members", account(login, root["id"], [("admin", root["id"])]))
        settle(base, login)
        return cls(base, login, made["id"], (root["id"], committee["id"]))

    def environment(self):
        root, committee = self.committee
        return {
            "QIANTI_CONTRACT_BASE": self.base,
            "QIANTI_CONTRACT_KEEPER": f"{self.login} {self.member_id} {root} {committee}",
        }

    @classmethod
    def from_environment(cls):
        login, member_id, root, committee = os.environ["QIANTI_CONTRACT_KEEPER"].split()
        return cls(os.environ["QIANTI_CONTRACT_BASE"], login, int(member_id), (int(root), int(committee)))

    def call(self, method, path, body=None):
        """A call as the keeper, who logs in anew when the token has grown old."""
        if self.api is None:
            self.api = Api(self.base).log_in(self.login, PASSWORD)
        try:
            return self.api.call(method, path, body)
        except Refused as refused:
            if refused.status != 401:
                raise
        self.api = Api(self.base).log_in(self.login, PASSWORD)
        return self.api.call(method, path, body)

    def new_account(self, role):
        """The access token of a new account of the role."""
        root, committee = self.committee
        grants = {
            "member": [],
            "committee-leader": [("leader", committee)],
            "committee-admin": [("admin", committee)],
            "root-admin": [("admin", root)],
        }[role]
        login = f"contract-{secrets.token_hex(6)}"
        home = root if role == "root-admin" else committee
        self.call("POST", "/members", account(login, home, grants))
        return settle(self.base, login)

    def has_role(self, token, role):
        """Whether an account can still be used and has kept its role."""
        try:
            me = Api(self.base, token).call("GET", "/me")
        except Refused:
            return False
        root, committee = self.committee
        wanted = {
            "member": ("member", None),
            "committee-leader": ("leader", committee),
            "committee-admin": ("admin", committee),
            "root-admin": ("admin", root),
        }[role]
        held = {(grant["role"], grant["unit_id"]) for grant in me["roles"]}
        return not me["must_change_password"] and (role == "member" or wanted in held)


def account(login, unit, grants):
    roles = [{"role": role, "unit_id": unit_id} for role, unit_id in grants]
    return {"login": login, "name": "合约测试", "unit_id": unit, "roles": roles, "password": f"first-{PASSWORD}"}


def settle(base, login):
    """Changes the first password of a new account, as it has to; the token that comes with the new one."""
    first = f"first-{PASSWORD}"
    Api(base).log_in(login, first).call("PUT", "/me/password", {"current": first, "new": PASSWORD})
    return Api(base).log_in(login, PASSWORD).token
