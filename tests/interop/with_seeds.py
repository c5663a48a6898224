"""The Python programs that the documents print, as they are printed but for keys, ids, the endpoint, http and sleeps.

`FAASCMD_TEST_SEEDS` names the folder of the documents; they are not ours and not in the repository. A program keeps the
line numbers of its document. Where it is itself wrong, the check says in which line and what happens; what is put right
stands here. The Java programs are skipped by name.
"""

import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from aliyunsdkecs.request import v20140526 as ecs
from checks import Cloud, check
from with_core import HOST, call
from with_ecs import GROUP, IMAGE, VSWITCH, instances, of, order, until

SEEDS = Path(os.environ.get("FAASCMD_TEST_SEEDS", Path(__file__).resolve().parents[3] / "shared/seeds"))

# What is done to a program from outside: the endpoint over http, and sleeps that are short.
SITE = f"""
import time
_sleep = time.sleep
time.sleep = lambda seconds: _sleep(min(seconds, 0.2))
import aliyunsdkcore.request as request
_first = request.RpcRequest.__init__
def _plain(self, *given, **named):
    _first(self, *given, **named)
    self.set_protocol_type("http")
    self.set_endpoint({HOST!r})
request.RpcRequest.__init__ = _plain
from alibabacloud_tea_openapi import models
_config = models.Config.__init__
def _here(self, *given, **named):
    _config(self, *given, **named)
    self.endpoint, self.protocol = {HOST!r}, "http"
models.Config.__init__ = _here
"""
KEYS = [("'Your Access Key Id'", repr(Cloud.key_id)), ("'Your Access Key Secret'", repr(Cloud.secret))]
KEYS += [("'cn-beijing'", repr(Cloud.region))]


def printed(beginning, first, last):
    """The code between two lines of a document; all other lines are empty, so that the numbers are the document's."""
    found = sorted(SEEDS.glob(f"{beginning}_*.txt"))
    code, lines = False, []
    for number, line in enumerate(found[0].read_text(encoding="utf-8").splitlines()[:last], 1):
        fence = line.startswith("```")
        code = code != fence
        lines.append(line if number >= first and code and not fence else "")
    return lines


def indented(lines, *ranges):
    """Puts back what a break of the page took away: (first, last, columns)."""
    for first, last, columns in ranges:
        for number in range(first, last + 1):
            lines[number - 1] = " " * columns + lines[number - 1] if lines[number - 1] else ""
    return lines


def swapped(lines, *pairs):
    text = "\n".join(lines) + "\n"
    for old, new in pairs:
        assert old in text, f"{old!r} is not printed any more"
        text = text.replace(old, new)
    return text


def ran(text, timeout=120):
    """What a program printed and logged."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text(SITE)
        program = Path(folder, "program.py")
        program.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-W", "ignore", program], env={**os.environ, "PYTHONPATH": folder}, timeout=timeout,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    return done.stdout


def breaks(name, text, line, error):
    """As it is printed, a program does not even begin."""
    with check(f"seeds: {name}, as printed: {error} in line {line}"):
        output = ran(text)
        assert f"line {line}" in output and error in output, output


def run():
    if not SEEDS.is_dir():
        print(f"skip seeds: no {SEEDS} (set FAASCMD_TEST_SEEDS)")
        assert os.environ.get("FAASCMD_TEST_REQUIRE") != "1", "the documents are required"
        return
    create_one()
    create_many()
    query()
    release()
    renew()
    run_a_command()
    print("skip seeds: CloudAssistantService, OpenApiCaller and DescribeZonesSample are Java")


def made(**others):
    """Instances for the programs that work on some."""
    given = {name: value for name, value in order(**others).items() if value is not None}
    ids = call(ecs, "RunInstances", **given)["InstanceIdSets"]["InstanceIdSet"]
    of(ids, "Running")
    return ids


def drop(ids):
    call(ecs, "DeleteInstances", InstanceIds=ids, Force=True)
    until("gone", lambda: not instances(InstanceIds=json.dumps(ids)))


def create_one():
    lines = printed("001", 177, 311)
    given = [*KEYS, ("ubuntu1404_64_40G_cloudinit_20160727.raw", IMAGE), ("sg-****", GROUP)]
    breaks("create one", swapped(lines, *given), 250, "SyntaxError: 'return' outside function")
    with check("seeds: create one and start it, with lines 246 to 250 indented"):
        # The program is of the time before VPCs, and names no vSwitch.
        vswitch = ("    request.set_SystemDiskCategory('cloud_ssd')", "    request.set_SystemDiskCategory('cloud_ssd'); request.set_VSwitchId(%r)" % VSWITCH)
        output = ran(swapped(indented(lines, (246, 250, 4)), *given, vswitch))
        (instance_id,) = set(re.findall(r"instance (i-\w+) is running now", output)) or [output]
        assert of([instance_id], "Running")[0]["InstanceType"] == "ecs.s2.large"
        drop([instance_id])


def create_many():
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)
    given = [
        ("your-access-key-id", Cloud.key_id), ("your-access-key-secret", Cloud.secret), ("cn-hangzhou", Cloud.region),
        ("vsw-bp1ddbrxdlrcbim46****", VSWITCH), ("<imageid>", IMAGE), ("sg-bp1i4c0xgqxadew2****", GROUP),
        ("2020-04-17T18:20:00Z", later.strftime("%Y-%m-%dT%H:%M:00Z")),
    ]  # fmt: skip
    found = sorted(SEEDS.glob("002_*.txt"))[0].read_text(encoding="utf-8").splitlines()
    first = next(n for n, line in enumerate(found, 1) if line.startswith("#  coding=utf-8"))
    lines = printed("002", first, next(n for n, line in enumerate(found, 1) if n > first and line == "```"))
    for name in ["", "_with_public_ip", "_with_auto_release_time"]:
        with check(f"seeds: create_multiple_instances{name}"):
            chosen = ("    create_multiple_instances()\n", f"    create_multiple_instances{name}()\n")
            output = ran(swapped(lines, *given, chosen))
            ids = re.findall(r"'(i-\w+)'", output.splitlines()[-1])
            assert len(ids) == 2 and "ecs instance %s is running" in output, output
            rows = of(ids, "Running")
            assert all(row["InstanceName"] == "Instance-Name" for row in rows), rows
            assert all(bool(row["PublicIpAddress"]["IpAddress"]) == (name == "_with_public_ip") for row in rows), rows
            assert all(bool(row["AutoReleaseTime"]) == (name == "_with_auto_release_time") for row in rows), rows
            drop(ids)


def query():
    lines = printed("001", 426, 493)
    breaks("query", swapped(lines, *KEYS), 454, "NameError: name '_send_request' is not defined")
    with check("seeds: query regions and instances, with lines 454 to 460 indented"):
        output = ran(swapped(indented(lines, (454, 460, 4)), *KEYS))
        assert f'"RegionId":"{Cloud.region}"' in output.replace(" ", "") and Cloud.instance in output, output


def release():
    lines = printed("001", 631, 753)
    breaks("release", swapped(lines, *KEYS), 695, "SyntaxError: unterminated triple-quoted string literal")
    body = [(709, 712, 4), (715, 729, 4), (726, 726, 4), (732, 744, 4), (739, 742, 4), (744, 744, 4), (747, 752, 4)]
    # The quotes of the text that begins in line 695 are of another kind than those that end it.
    whole = swapped(indented(lines, *body), *KEYS, (":return:\n'''\n    request = DeleteInstanceRequest()", ':return:\n"""\n    request = DeleteInstanceRequest()'))
    (instance_id,) = made(Amount=1, AutoReleaseTime=None, InstanceName="seed")
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=3)
    at = later.strftime("%Y-%m-%dT%H:%M:00Z")

    def does(line):
        text = whole.replace("    set_instance_auto_release_time('i-1111', '2017-01-28T06:00:00Z')\n", line)
        return ran(text.replace("i-1111", instance_id))

    with check("seeds: set and cancel an automatic release, with lines 709 to 752 indented"):
        output = does(f"    set_instance_auto_release_time('i-1111', '{at}')\n")
        assert f"auto release time setting is {at}." in output, output
        output = does("    set_instance_auto_release_time('i-1111')\n")
        assert "auto release time setting is ." in output, output
    with check("seeds: a time of 2017 is refused, which the program logs and passes over"):
        output = does("    set_instance_auto_release_time('i-1111', '2017-01-28T06:00:00Z')\n")
        assert "InvalidAutoReleaseTime" in output, output
    with check("seeds: stop, and release"):
        does("    stop_instance('i-1111')\n")
        of([instance_id], "Stopped")
        does("    release_instance('i-1111')\n")
        until("gone", lambda: not instances(InstanceIds=json.dumps([instance_id])))


def renew():
    lines = printed("001", 878, 1010)
    breaks("renew", swapped(lines, *KEYS), 926, "IndentationError")
    (instance_id,) = made(
        Amount=1, AutoReleaseTime=None, InstanceName="seed", InstanceChargeType="PrePaid", Period=1, PeriodUnit="Month"
    )
    expires = of([instance_id], "Running")[0]["ExpiredTime"]
    day = datetime.datetime.strptime(expires, "%Y-%m-%dT%H:%MZ")
    span = [(day + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%MZ") for days in (-1, 1)]
    given = [*KEYS, ("2017-01-22T00:00Z", span[0]), ("2017-01-28T00:00Z", span[1]), ("i-1111", instance_id)]
    whole = swapped(indented(lines, (926, 938, 4), (986, 989, 4)), *given)
    with check("seeds: what expires is found and renewed, with lines 926 to 938 and 986 to 989 indented"):
        output = ran(whole)
        assert f"renew {instance_id} ready" in output, output
        assert instances(InstanceIds=json.dumps([instance_id]))[0]["ExpiredTime"] > expires
    with check("seeds: automatic renewal is set and asked"):
        line = f"    renew_instance('{instance_id}')\n"
        output = ran(whole.replace(line, f"    setting_instance_auto_renew('{instance_id}')\n"))
        assert "not match expect" not in output and '"AutoRenewEnabled":true' in output.replace(" ", ""), output


def run_a_command():
    found = sorted(SEEDS.glob("000_*.txt"))[0].read_text(encoding="utf-8").splitlines()
    first = next(n for n, line in enumerate(found, 1) if line == "import os")
    lines = [""] * (first - 1) + found[first - 1 :]
    ids = made(Amount=2, InstanceName="seed")

    def online():
        rows = call(ecs, "DescribeCloudAssistantStatus", InstanceIds=ids)["InstanceCloudAssistantStatusSet"]
        return [row["CloudAssistantStatus"] for row in rows["InstanceCloudAssistantStatus"]] == ["true"] * 2

    until("online", online, 120)
    # The page blanks its ids out; whatever stands there gives way to those that were made.
    printed = next(match[0] for line in lines if (match := re.search(r'\["i-\w+", "i-\w+"\]', line)))
    given = [("cn-chengdu", Cloud.region), (printed, json.dumps(ids))]
    asks = next(n for n, line in enumerate(found, 1) if "request.instance_ids = instance_ids" in line)
    with check(f"seeds: run a command, as printed: instance_ids of line {asks} is no field, and no instance is named"):
        output = ran(swapped(lines, *given))
        assert "MissingParam" in output or "MissingParameter" in output, output
    mended = [
        *given, ("request.instance_ids =", "request.instance_id ="), ("request.invoke_ids = [invoke_id]", "request.invoke_id = invoke_id"),
        ('invocation_status == "Finished"', 'invocation_status == "Success"'),
    ]  # fmt: skip
    with check("seeds: run a command, with the names of its SDK and the status of this API"):
        output = ran(swapped(lines, *mended))
        assert "query_invocations result:" in output and "Success" in output, output
    drop(ids)
