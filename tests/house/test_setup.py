"""scripts/setup.sh with stand-ins for what it calls: what it does a second time, and what it says when it cannot."""

import os
import shutil
import subprocess

import pytest

STAND_INS = {
    "id": 'echo "$UID_HERE"',
    "sudo": "exit 1",
    "dpkg-query": 'case " $ABSENT " in *" ${!#} "*) exit 1 ;; *) echo "installed " ;; esac',
    "apt-get": 'echo "apt-get $*" >>"$CALLS"',
    "chromium": "",
    "python3": """all=$*
    case $all in
    *platform*) echo "$VERSION" ;;
    *version_info*) case $VERSION in 2.* | 3.[0-9].* | 3.10.*) exit 1 ;; esac ;;
    *'-m venv'*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *'-m pip'*) echo "pip ${all#* pip }" "${PIP_TARGET:-}" >>"$CALLS"; echo 'why it failed'; exit "$PIP_FAILS" ;;
    esac""",
}


class Checkout:
    """A folder with the script in it, and a machine as the test wants it."""

    def __init__(self, root, folder):
        self.folder = folder
        (folder / "scripts").mkdir(parents=True)
        for name in ("scripts/setup.sh", "requirements.lock", "pyproject.toml"):
            shutil.copy(root / name, folder / name)
        (folder / "routing").mkdir()
        (folder / "routing/__init__.py").touch()
        stand_ins = folder.parent / "bin"
        stand_ins.mkdir()
        for name, script in STAND_INS.items():
            (stand_ins / name).write_text(f"#!{shutil.which('bash')}\n{script}\n")
            (stand_ins / name).chmod(0o755)
        self.machine = {
            "PATH": f"{stand_ins}:{os.defpath}",
            "PYTHON": str(stand_ins / "python3"),
            "CALLS": str(folder.parent / "calls"),
            "UID_HERE": "0",
            "ABSENT": "",
            "VERSION": "3.11.2",
            "PIP_FAILS": "0",
        }

    def set_up(self, purpose="run", **machine):
        """Run the script; its exit code, what it said, what it called."""
        calls = self.folder.parent / "calls"
        calls.write_text("")
        script = str(self.folder / "scripts/setup.sh")
        done = subprocess.run(
            [script, purpose],
            env=self.machine | machine,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode, (done.stdout + done.stderr).splitlines(), calls.read_text().splitlines()


@pytest.fixture
def checkout(root, tmp_path):
    return Checkout(root, tmp_path / "a checkout")


def test_the_first_set_up_installs_the_lock_by_hash_and_then_the_project(checkout):
    code, _, calls = checkout.set_up()
    assert code == 0
    assert [call.split()[:3] for call in calls] == [
        ["pip", "install", "--require-hashes"],
        ["pip", "install", "--no-deps"],
    ]


def test_a_second_set_up_does_nothing_and_says_nothing(checkout):
    checkout.set_up()
    assert checkout.set_up() == (0, [], [])


def test_a_changed_lock_is_installed_into_the_same_environment(checkout):
    checkout.set_up()
    (checkout.folder / ".venv/kept").touch()
    with (checkout.folder / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    _, _, calls = checkout.set_up()
    assert len(calls) == 2
    assert (checkout.folder / ".venv/kept").exists()


def test_changed_settings_of_the_project_install_only_the_project(checkout):
    checkout.set_up()
    with (checkout.folder / "pyproject.toml").open("a") as settings:
        settings.write("# changed\n")
    _, _, calls = checkout.set_up()
    assert [call.split()[2] for call in calls] == ["--no-deps"]


def test_what_a_broken_off_set_up_left_is_made_anew(checkout):
    checkout.set_up(PIP_FAILS="1")
    (checkout.folder / ".venv/half").touch()
    code, _, calls = checkout.set_up()
    assert (code, len(calls)) == (0, 2)
    assert not (checkout.folder / ".venv/half").exists()


def test_a_moved_checkout_gets_a_new_environment(checkout):
    checkout.set_up()
    checkout.folder = checkout.folder.rename(checkout.folder.parent / "elsewhere")
    _, said, calls = checkout.set_up()
    assert len(calls) == 2
    assert any("virtual environment" in line for line in said)


def test_a_failing_pip_shows_why_and_names_the_mend(checkout):
    code, said, _ = checkout.set_up(PIP_FAILS="1")
    assert code == 1
    assert said[-2] == "why it failed"
    assert said[-1].endswith("mend that and run again")


def test_pip_settings_of_the_machine_that_install_elsewhere_do_not_count(checkout):
    _, _, calls = checkout.set_up(PIP_TARGET="elsewhere", PIP_USER="1")
    assert not [call for call in calls if "elsewhere" in call]


def test_packages_are_fetched_only_when_one_is_missing(checkout):
    _, _, calls = checkout.set_up("test", ABSENT="libatomic1 tzdata")
    assert [call.split()[1] for call in calls if call.startswith("apt-get")] == ["update", "install"]
    assert calls[1].endswith("tzdata libatomic1")


@pytest.mark.parametrize(("purpose", "asked_for"), [("test", ["curl", "jq"]), ("run", [])])
def test_what_only_tests_call_is_installed_only_for_tests(checkout, purpose, asked_for):
    _, _, calls = checkout.set_up(purpose, ABSENT="curl jq")
    assert [call.split()[-2:] for call in calls if call.startswith("apt-get install")] == (
        [asked_for] if asked_for else []
    )


def test_on_macos_homebrew_installs_the_same_but_curl_which_is_there(checkout):
    """A machine with Homebrew and no apt: the script looks for apt-get first."""
    folder = checkout.folder.parent / "bin"
    (folder / "apt-get").unlink()
    (folder / "brew").write_text(f'#!{shutil.which("bash")}\n[ $1 != list ] && echo "brew $*" >>"$CALLS"\n')
    (folder / "brew").chmod(0o755)
    for tool in (
        "bash",
        "cat",
        "mktemp",
        "rm",
        "tail",
        "flock",
        "sha256sum",
        "cp",
        "mkdir",
        "touch",
        "mv",
        "dirname",
        "grep",
        "env",
    ):
        if (found := shutil.which(tool)) and not (folder / tool).exists():
            (folder / tool).symlink_to(found)
    _, said, calls = checkout.set_up("test", PATH=str(folder))
    assert [call for call in calls if call.startswith("brew")] == ["brew install pango", "brew install jq"], said


def test_who_may_not_install_is_told_in_one_line_what_to_ask_for(checkout):
    code, said, calls = checkout.set_up(ABSENT="libpango-1.0-0", UID_HERE="1000")
    assert (code, calls) == (1, [])
    assert said == [
        "set-up: system packages are missing and you may not install them; as root run: apt-get install libpango-1.0-0"
    ]


@pytest.mark.parametrize("version", ["2.7.18", "3.9.2", "3.10.12"])
def test_an_old_python_is_refused_in_one_line_that_names_it(checkout, version):
    code, said, _ = checkout.set_up(VERSION=version)
    assert code == 1
    assert said == [f"set-up: Python 3.11 or newer is needed: {checkout.machine['PYTHON']} is {version}"]


def test_a_python_that_is_not_there_is_said_to_be_missing(checkout):
    _, said, _ = checkout.set_up(PYTHON="no-such-python")
    assert said == ["set-up: Python 3.11 or newer is needed: PYTHON=no-such-python is not there"]
