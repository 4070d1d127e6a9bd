"""Start the classroom kit: make its environment once, open the book and the notebooks.

    sh start-linux.sh              open all; on Windows start-windows.bat
    sh start-linux.sh check        try this computer
    sh start-linux.sh grade 0 zh downloads.zip "any text"     the teacher's, with Linux

It uses what Python brings, and no network. The environment, and what students write,
lie in this folder; on a share, in a folder that cannot be written, or where Windows'
260 characters would not do, they lie in the user's own.
"""

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import urllib.request
import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# On Windows a letter for a share becomes the share.
KIT = Path(__file__).resolve().parents[1]
WINDOWS = os.name == "nt"
WANTED = ("mnist-tutorial", "jupyterlab")
SPACE = 3e9  # bytes
CPU = Path("/proc/cpuinfo")
EVERY = 10  # seconds
# Characters: of a file's name in a wheel, which make_classroom.py holds; and what this
# leaves, of the 259 that a path on Windows may have, to the folder of the environment.
LONGEST_NAME = 165
LONGEST_HOME = 259 - LONGEST_NAME - len("/env/Lib/site-packages/")
# Trains a network with TensorFlow, in a few seconds.
PAGE = "algorithm/training"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}


class Refused(Exception):
    """What does not go, in Chinese and in English, and what to do."""


# --- the place -----------------------------------------------------------------------


def own_folder() -> Path:
    """Return the folder of the user who started the kit."""
    folder = os.environ.get("LOCALAPPDATA") if WINDOWS else None
    return Path(folder or Path.home()) / "mnist-tutorial"


def why_not(home: Path) -> str | None:
    """Say why the environment cannot lie in a folder, which is made if need be."""
    if WINDOWS and str(home).startswith("\\\\"):
        return f"{home} 在网络上 / is on a network"
    if WINDOWS and len(str(home)) > LONGEST_HOME:
        most = LONGEST_HOME
        return f"{home} 的路径超过 {most} 个字符 / has more than {most} characters"
    try:
        home.mkdir(exist_ok=True)
        # tempfile would try other names for ever where Windows forbids to write.
        probe = home / f".start-{os.getpid()}"
        probe.touch()
        probe.unlink()
        return None
    except OSError:
        return f"{home} 不能写入 / cannot be written"


def find_home() -> Path:
    """Return where the environment and the students' files go."""
    reasons = []
    for home in (KIT, own_folder()):
        reason = why_not(home)
        if reason is None:
            return home
        reasons.append(reason)
    raise Refused(
        f"没有地方安装：{'；'.join(reasons)}。请把这个文件夹移到 C:\\kit 这样的短路径。"
        " / No place to install: move this folder to one like C:\\kit or /home/kit."
    )


def place_of(name: str, home: Path) -> Path:
    """Return where a folder of the kit can be written to; it is copied if need be."""
    place, part = home / name, home / f"{name}.part"
    if (KIT / name).exists() and not place.exists():
        # What a copy that was broken off has left is not taken for the whole.
        with lock(home):
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(KIT / name, part)
            part.rename(place)
    return place


# --- the environment -----------------------------------------------------------------


def python_of(environment: Path) -> str:
    """Return the path of an environment's Python."""
    return str(environment / ("Scripts/python.exe" if WINDOWS else "bin/python"))


def lock(home: Path):
    """Return a file that only one start at a time can hold, until it ends."""
    file = (home / "start.lock").open("w")
    try:
        if WINDOWS:
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Refused(
            "另一个窗口正在安装，等它装完再启动。"
            " / Another window is installing: wait until it has ended."
        ) from None
    return file


def check_machine() -> None:
    """Refuse a computer where TensorFlow would only crash."""
    if not has_avx():
        raise Refused(
            "这台电脑的处理器没有 AVX，TensorFlow 用不了；书照样能读。"
            " / This processor has no AVX, which TensorFlow needs; the book opens."
        )
    if WINDOWS:
        import ctypes

        try:
            # TensorFlow's own first step; Python does not bring the second one.
            for name in ("msvcp140.dll", "msvcp140_1.dll"):
                ctypes.WinDLL(name)
        except OSError:
            raise Refused(
                f"缺 {name}：请先装微软的 VC++ 运行库 vc_redist.x64.exe。"
                f" / {name} is missing: install Microsoft's vc_redist.x64.exe first"
                " (https://aka.ms/vs/17/release/vc_redist.x64.exe)."
            ) from None


def has_avx() -> bool:
    """Tell whether an Intel or AMD processor has AVX; others need none."""
    if WINDOWS:
        import ctypes

        features = ctypes.WinDLL("kernel32").GetEnabledXStateFeatures
        features.restype = ctypes.c_uint64
        return bool(features() & 4)
    flags = re.search(r"^flags\s*:(.*)", CPU.read_text("utf-8"), re.M)
    return flags is None or "avx" in flags[1].split()


def check_system(home: Path) -> None:
    """Refuse where the installation would fail in the middle."""
    if shutil.disk_usage(home).free < SPACE:
        raise Refused(
            f"磁盘空间不够：{home} 需要 {SPACE / 1e9:.0f} GB。"
            f" / Too little space: {home} needs {SPACE / 1e9:.0f} GB."
        )
    glibc = "" if WINDOWS else platform.libc_ver()[1]
    if not WINDOWS and (late := too_late(glibc)):
        raise Refused(
            f"这里的 glibc（{glibc}）太旧，装不了 {'、'.join(late)}：要新些的 Linux。"
            f" / The glibc here ({glibc}) is too old for {', '.join(late)}:"
            " take a later Linux."
        )


def too_late(glibc: str) -> list[str]:
    """Return the wheels that need a later glibc than this, such as ``"2.28"``."""
    here = tuple(map(int, re.findall(r"\d+", glibc)))
    late = []
    for wheel in sorted((KIT / "wheels").glob("*-manylinux*.whl")):
        # Each tag will do. The old ones, such as manylinux2014, are for all we support.
        asked = re.findall(r"manylinux_(\d+)_(\d+)", wheel.name)
        if asked and min((int(a), int(b)) for a, b in asked) > here:
            late.append(wheel.name)
    return late


def made_for(environment: Path) -> str:
    """Return what an environment is stamped with: where it lies, and for which kit."""
    return f"{environment}\n{(KIT / 'program' / 'kit.txt').read_text('utf-8')}"


def is_installed(environment: Path, extra: str = "") -> bool:
    """Tell whether an environment is whole: not broken off, moved, or another kit's.

    The Python that it was made with may be gone, or be another one now.
    """
    stamps = (environment / "installed", environment / f"installed{extra}")
    made = made_for(environment)
    if not all(s.exists() and s.read_text("utf-8") == made for s in stamps):
        return False
    find = "import sys, importlib.util as u; sys.exit(not u.find_spec('jupyterlab'))"
    command = [python_of(environment), "-I", "-c", find]
    try:
        return not subprocess.run(command, stderr=subprocess.DEVNULL).returncode
    except OSError:
        return False


def install(home: Path, extra: str = "") -> str:
    """Install what is not installed yet; return the environment's Python.

    What somebody else has installed in the kit serves those who cannot write there.
    """
    check_machine()
    for place in (KIT, home):
        if is_installed(place / "env", extra):
            return python_of(place / "env")
    environment = home / "env"
    python = python_of(environment)
    with lock(home):
        if not is_installed(environment):
            shutil.rmtree(environment, ignore_errors=True)
            check_system(home)
            if call(sys.executable, "-m", "venv", environment):
                raise Refused(
                    "建不了虚拟环境，原因在上面。Debian、Ubuntu 上先 apt-get install"
                    " python3-venv；管理员禁止了的（AppLocker），请他放行这个文件夹。"
                    " / No virtual environment could be made; it says above why. On"
                    " Debian and Ubuntu: apt-get install python3-venv. Where AppLocker"
                    f" forbids it, have {environment} allowed."
                )
        if pip_install(environment, extra):
            raise Refused(
                "安装失败，原因在上面。 / pip could not install; it says above why."
            )
        for name in (f"installed{extra}", "installed"):
            (environment / name).write_text(made_for(environment), "utf-8")
    return python


def pip_install(environment: Path, extra: str) -> int:
    """Install the packages, and say how far it is; return pip's exit status."""
    folders = [KIT / "wheels"] + [KIT / "instructor" / "wheels"] * bool(extra)
    wheels = [wheel for folder in folders for wheel in folder.glob("*.whl")]
    # Some are there twice, for each system.
    most = len({wheel.name.partition("-")[0] for wheel in wheels})
    print(
        f"正在安装约 {most} 个包，只有第一次需要，要几分钟 … / Installing about {most}"
        " packages, only this time, which takes minutes ...",
        flush=True,
    )
    pip = [python_of(environment), "-P", "-m", "pip", "install", "--quiet"]
    pip += ["--no-compile", "--disable-pip-version-check", "--no-index"]
    pip += [f"--find-links={folder}" for folder in folders]
    pip += [f"{WANTED[0]}{extra}", *WANTED[1:]]
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(environment)}))
    with subprocess.Popen(pip, env=clean_environment()) as installing:
        while True:
            try:
                return installing.wait(EVERY)
            except subprocess.TimeoutExpired:
                done = len(list(packages.glob("*.dist-info")))
                print(f"  {done} / {most}", flush=True)


def clean_environment() -> dict[str, str]:
    """Return the variables for our Python: none that leads it to other packages."""
    theirs = ("PYTHON", "PIP_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(theirs)}
    # The first: Chinese in a file or a pipe, whatever the system's code page.
    kept |= {"PYTHONUTF8": "1", "PIP_CONFIG_FILE": os.devnull}
    # A kernel of the user's own would have none of our packages.
    return kept | QUIET | {"JUPYTER_PREFER_ENV_PATH": "1"}


# --- what it is for ------------------------------------------------------------------


def call(python: str, *command: str | Path) -> int:
    """Run a module or a program with a Python; return its exit status."""
    # -P: a module comes from the environment, not from where the command is typed.
    options = ["-P"] if command[0] == "-m" else []
    command = [python, *options, *command]
    return subprocess.run(command, env=clean_environment()).returncode


def run(python: str, *command: str | Path) -> None:
    """Run a module or a program of which nothing may fail."""
    if call(python, *command):
        name = command[1] if command[0] == "-m" else Path(command[0]).name
        raise Refused(f"{name} 失败，原因在上面。 / {name} failed; it says above why.")


def read_first_page() -> None:
    """Fetch the book's first page from a server of this computer's own."""
    serve = partial(SimpleHTTPRequestHandler, directory=str(KIT / "book"))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        own = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with own.open(f"http://127.0.0.1:{server.server_port}/index.html") as page:
            text = page.read().decode("utf-8")
        server.shutdown()
    if "MNIST" not in text:
        raise Refused("书的首页不对。 / The book's first page is broken.")


def check(home: Path, python: str) -> None:
    """Try this computer: doctor, the book's first page, a notebook."""
    run(python, "-m", "mnist_tutorial", "doctor")
    read_first_page()
    notebook = place_of("notebooks", home) / "zh" / f"{PAGE}.ipynb"
    with tempfile.TemporaryDirectory() as folder:
        convert = ["-m", "nbconvert", "--execute", "--to", "notebook"]
        run(python, *convert, "--output-dir", folder, notebook)
    print(f"好了 / All is well: doctor, book/index.html, {PAGE}.ipynb")


def open_book() -> None:
    """Show the book's first page in a browser."""
    page = KIT / "book" / "index.html"
    if WINDOWS:
        # An address with Chinese letters in it would not be found.
        with contextlib.suppress(OSError):
            os.startfile(page)
    else:
        webbrowser.open(page.as_uri())


def main(arguments: list[str]) -> None:
    """Do what was asked for."""
    home = find_home()
    if arguments == ["check"]:
        check(home, install(home))
    elif arguments[:1] == ["grade"]:
        if WINDOWS:
            raise Refused("批改要用 Linux。 / Grading needs Linux.")
        program = place_of("instructor", home) / "tools" / "homework_grade.py"
        if not program.exists():
            raise Refused(
                f"先把 instructor.zip 解压到 {KIT}。"
                f" / Unpack instructor.zip in {KIT} first."
            )
        run(install(home, "[instructor]"), program, *arguments[1:])
    elif arguments:
        raise Refused(__doc__)
    else:
        open_book()
        is_new = not any(is_installed(place / "env") for place in (KIT, home))
        python = install(home)
        if is_new:
            run(python, "-m", "mnist_tutorial", "doctor")
        lab = [f"--ServerApp.root_dir={place_of('notebooks', home)}"]
        # Some browsers may not read the file that would lead to the address.
        lab += ["--ServerApp.use_redirect_file=False"]
        run(python, "-m", "jupyterlab", *lab)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Refused as refusal:
        sys.exit(str(refusal))
    except OSError as error:
        # Such as AppLocker's, a full disk, or a file that is held open.
        sys.exit(
            f"系统不让做：{error}。学校的电脑如果只准运行登记过的程序（AppLocker），请管理员"
            f"放行 {KIT}。 / The system does not allow it: {error}. Where only listed"
            f" programs may run (AppLocker), have {KIT} allowed."
        )
    except KeyboardInterrupt:
        pass
