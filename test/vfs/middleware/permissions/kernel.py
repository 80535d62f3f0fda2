"""Runs programs of file operations as somebody who is not the superuser, and tells what the kernel answered.

Reads a JSON list of cases from stdin, each {"tree": [...], "identity": {...}, "steps": [...]}, and writes a JSON list of
{"outcomes": [...], "tree": {...}}. Must be started by the superuser.
"""

import errno, json, os, shutil, stat, sys, tempfile

FLAGS = {"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR}
XATTR_MODES = {"set": 0, "create": os.XATTR_CREATE, "replace": os.XATTR_REPLACE}
TYPES = ((stat.S_ISDIR, "directory"), (stat.S_ISLNK, "symlink"), (stat.S_ISREG, "file"))


def facts(stats):
    kind = next(name for test, name in TYPES if test(stats.st_mode))
    return [kind, stat.S_IMODE(stats.st_mode), stats.st_uid, stats.st_gid]


def open_file(path, access, create, truncate, mode):
    flags = FLAGS[access] | (os.O_TRUNC if truncate else 0)
    flags |= {None: 0, "if-missing": os.O_CREAT, "exclusive": os.O_CREAT | os.O_EXCL}[create]
    handle = os.open(path, flags, mode)
    if access != "r":
        os.write(handle, b"x")
    os.close(handle)


def listing(path):
    names = os.listdir(path)
    os.stat(path + "/.")
    return sorted(names, key=os.fsencode)


STEPS = {
    "lstat": lambda path: facts(os.lstat(path)),
    "stat": lambda path: facts(os.stat(path)),
    "open": open_file,
    "list": listing,
    "readlink": lambda path: os.readlink(path),
    "mkdir": lambda path, mode: os.mkdir(path, mode),
    "rmdir": lambda path: os.rmdir(path),
    "unlink": lambda path: os.unlink(path),
    "rename": lambda path, to: os.rename(path, to),
    "link": lambda path, to: os.link(path, to, follow_symlinks=False),
    "symlink": lambda path: os.symlink("target", path),
    "chmod": lambda path, mode: os.chmod(path, mode),
    "chown": lambda path, uid, gid: os.chown(path, uid, gid, follow_symlinks=False),
    "utimes": lambda path: os.utime(path, (1, 1)),
    "truncate": lambda path, size: os.truncate(path, size),
    "getxattr": lambda path, name, follow: os.getxattr(path, name, follow_symlinks=follow).decode(),
    "setxattr": lambda path, name, mode, follow: os.setxattr(path, name, b"v", XATTR_MODES[mode], follow_symlinks=follow),
    "removexattr": lambda path, name, follow: os.removexattr(path, name, follow_symlinks=follow),
    "listxattr": lambda path, follow: sorted(n for n in os.listxattr(path, follow_symlinks=follow) if n.startswith("user.")),
}


def plant(tree):
    for path, kind, _mode, uid, gid, target in tree:
        if kind == "symlink":
            os.symlink(target, path)
        elif kind == "file":
            with open(path, "w") as file:
                file.write("content")
        elif path != "/":
            os.mkdir(path)
        os.lchown(path, uid, gid)
    for path, kind, mode, *_ in tree:
        if kind != "symlink":
            os.chmod(path, mode)


def outcome(step, *args):
    try:
        return STEPS[step](*args)
    except OSError as error:
        return errno.errorcode[error.errno].replace("EOPNOTSUPP", "ENOTSUP")


def as_identity(identity, steps):
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups(identity["groups"])
        os.setresgid(*[identity["gid"]] * 3)
        os.setresuid(*[identity["uid"]] * 3)
        os.umask(0)
        with os.fdopen(sender, "w") as pipe:
            json.dump([outcome(*step) for step in steps], pipe)
        os._exit(0)
    os.close(sender)
    with os.fdopen(receiver) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text)


def survey(path="/"):
    found = {path: facts(os.lstat(path))}
    if found[path][0] == "directory":
        for name in os.listdir(path):
            found.update(survey(path.rstrip("/") + "/" + name))
    return found


def run(case):
    """In a process whose root is the directory that the case is about."""
    directory = tempfile.mkdtemp(prefix="anyfs-kernel-")
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        os.chroot(directory)
        os.chdir("/")
        plant(case["tree"])
        outcomes = as_identity(case["identity"], case["steps"])
        with os.fdopen(sender, "w") as pipe:
            json.dump({"outcomes": outcomes, "tree": survey()}, pipe)
        os._exit(0)
    os.close(sender)
    try:
        with os.fdopen(receiver) as pipe:
            return json.load(pipe)
    finally:
        os.waitpid(child, 0)
        shutil.rmtree(directory)


os.umask(0)
json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
