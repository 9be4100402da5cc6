"""An npm registry on 127.0.0.1 with packages that are right and packages that attack. Prints PORT N, ends with its standard input.

Usage: registry.py. What each name brings stands in `packages` below; /log gives the paths that were asked for, with their Authorization."""
import base64, gzip, hashlib, io, json, sys, tarfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

asked, times = [], {}


def manifest(name, version, more=""):
    return 'return { name = "%s", version = "%s", description = "a test", %s }' % (name, version, more)


def command(word):
    return 'return { summary = "says it", shell = true, run = function(ctx) ctx.print "%s" end }' % word


def entry(name, kind=tarfile.REGTYPE, link="", size=0):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode = kind, link, size, 0o644
    return info


def archive(files, extra=(), form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, text in files.items():
            data = text.encode()
            tar.addfile(entry("package/" + name, size=len(data)), io.BytesIO(data))
        for info in extra:
            tar.addfile(info, io.BytesIO(b"x" * info.size) if info.size else None)
    return out.getvalue()


def packed(data): return gzip.compress(data, 9, mtime=0)


def plain(name, version, more=""):
    return {"package.lua": manifest(name, version, more), "commands/%s.lua" % name: command(name + " " + version)}


def tgz(name, version):
    files = plain(name, version)
    if name == "dotdot": return packed(archive(files, [entry("package/../../evil", size=3)]))
    if name == "absolute": return packed(archive(files, [entry("/evil", size=3)]))
    if name == "symlink": return packed(archive(files, [entry("package/evil", tarfile.SYMTYPE, "/etc/passwd")]))
    if name == "hardlink": return packed(archive(files, [entry("package/evil", tarfile.LNKTYPE, "/etc/passwd")]))
    if name == "device": return packed(archive(files, [entry("package/evil", tarfile.CHRTYPE)]))
    if name == "hidden-git": return packed(archive(files, [entry("package/.git/config", size=3)]))
    if name == "twice": return packed(archive(files, [entry("package/COMMANDS/twice.lua", size=3)]))
    if name == "many": return packed(archive({**files, **{"lua/f%d.lua" % i: "" for i in range(5100)}}))
    if name == "bomb": return packed(b"\0" * (256 << 20))
    if name == "cut": return packed(archive(files)[:700])
    if name == "no-gzip": return b"this is no archive"
    if name == "no-manifest": return packed(archive({"readme.md": "hello"}))
    if name == "bad-name": return packed(archive({"package.lua": manifest("../../x", version)}))
    if name == "runs": return packed(archive({"package.lua": "os.execute('touch /tmp/evil') return {}"}))
    if name == "loops": return packed(archive({"package.lua": "while true do end"}))
    if name == "long": return packed(archive({**files, "lua/" + "d" * 120 + "/" + "e" * 120 + ".lua": "return 1"}))
    if name == "gnu": return packed(archive({**files, "lua/" + "d" * 120 + ".lua": "return 1"}, form=tarfile.GNU_FORMAT))
    if name == "rewritten": return packed(archive({**files, "lua/n.lua": "return %d" % times["rewritten"]}))
    return packed(archive(files))


versions = {"good": ["0.9.0", "1.0.0", "1.2.0", "2.0.0", "3.0.0-beta.1"]}


def described(name, base):
    out = {"name": name, "dist-tags": {"latest": "2.0.0" if name == "good" else "1.0.0"}, "versions": {}}
    short = name.split("/")[-1]
    for version in versions.get(name, ["1.0.0"]):
        data = tgz(short, version)
        said = "sha512-" + base64.b64encode(hashlib.sha512(b"other" if name == "lies" else data).digest()).decode()
        dist = {"tarball": "%s/-/%s/%s.tgz" % (base, short, version), "integrity": said}
        if name == "no-hash": dist = {"tarball": dist["tarball"], "shasum": hashlib.sha1(data).hexdigest()}
        if name == "elsewhere": dist["tarball"] = "http://10.255.255.1/x.tgz"
        out["versions"][version] = {"name": name, "version": version, "dist": dist}
    return out


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, data, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path == "/log": return self.answer(200, json.dumps(asked).encode())
        asked.append([self.path, self.headers.get("Authorization")])
        if self.path.startswith("/-/"):
            _, _, name, version = self.path.split("/")
            return self.answer(200, tgz(name, version[:-4]), "application/octet-stream")
        name = self.path[1:].replace("%2f", "/")
        if name == "rewritten": times[name] = times.get(name, 0) + 1
        if name == "nobody": return self.answer(404, b"{}")
        if name == "odd": return self.answer(200, b"<html>")
        if name == "@team/private" and self.headers.get("Authorization") != "Bearer npm-token-of-a-test":
            return self.answer(401, b"{}")
        self.answer(200, json.dumps(described(name, "http://127.0.0.1:%d" % self.server.server_port)).encode())

    def log_message(self, *args): pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("PORT %d" % server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
