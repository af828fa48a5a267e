"""The server behind the page: loopback only, nothing from the network, everything the page can ask for."""

import json
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import FileResponse, JSONResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from chaconne.studio import experiments, files, making, melodies, streaming
from chaconne.studio.jobs import Jobs
from chaconne.studio.store import MOST_UPLOAD, Store
from chaconne.trained.packs.places import project_root

STATIC = Path(__file__).parent / "static"
SHARED = Path(__file__).parents[1] / "pages/shared"
HOSTS = ["127.0.0.1", "localhost"]      # another name that leads here is somebody else's page
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
          "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
OURS = "x-chaconne"     # a header that no page of another origin may send
KINDS = {"wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg", "mid": "audio/midi", "svg": "image/svg+xml",
         "musicxml": "application/vnd.recordare.musicxml+xml"}


def create(folder, extra=()):
    """Return the application. folder: for what the session makes; extra: packs beside the models of the workspace."""
    api = Api(Store(folder, extra), Jobs())
    routes = [
        Route("/", lambda request: FileResponse(STATIC / "index.html")),
        Route("/api/models", plain(api.models)), Route("/api/experiments", plain(api.experiments)),
        Route("/api/jobs", plain(api.list_jobs)), Route("/api/jobs", plain(api.add_job), methods=["POST"]),
        Route("/api/jobs/{id:int}", plain(api.job)),
        Route("/api/jobs/{id:int}/stop", plain(api.stop), methods=["POST"]),
        Route("/api/pieces", plain(api.pieces)), Route("/api/uploads", plain(api.upload), methods=["POST"]),
        Route("/pieces/{id}.{ending}", plain(api.piece)), Route("/everything.zip", plain(api.everything)),
        Route("/stream", plain(api.endless)),
        # As the pages have them.
        *(Route(f"/static/{name}", shared(name)) for name in ("score.js", "score.css")),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    own = [Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS), Middleware(Guarded)]
    application = Starlette(routes=routes, middleware=own)
    application.state.store = api.store
    return application


def shared(name):
    """Return the endpoint of a file that the pages have, too."""
    return lambda request: FileResponse(SHARED / name)


class Guarded:
    """Refuses what other pages send, and says what ours may do."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        foreign = headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        if foreign or (scope["method"] not in ("GET", "HEAD") and headers.get(OURS) != "1"):
            refusal = JSONResponse({"error": "only the studio's own page may do this"}, 403)
            return await refusal(scope, receive, send)

        async def sending(message):
            if message["type"] == "http.response.start":
                added = MutableHeaders(scope=message)
                added["Content-Security-Policy"] = POLICY
                added["X-Content-Type-Options"] = "nosniff"
                added["Referrer-Policy"] = "no-referrer"
                added["Cache-Control"] = "no-store"
            await send(message)

        return await self.app(scope, receive, sending)


def plain(work):
    """Return a handler around work(request, body bytes); what is wrong with what was asked is one line and 400."""
    async def handler(request):
        try:
            body = await body_of(request)
            found = await run_in_threadpool(work, request, body)
        except (FileNotFoundError, ValueError) as error:
            return JSONResponse({"error": " ".join(str(error).split())}, 400)
        return found if hasattr(found, "status_code") else JSONResponse(found)

    return handler


async def body_of(request):
    """Return the bytes that were sent, at most MOST_UPLOAD of them."""
    found, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_UPLOAD:
            raise ValueError(f"expected at most {MOST_UPLOAD // 2**20} MiB")
        found.append(part)
    return b"".join(found)


def asked_of(body):
    """Return the dictionary that a page sent as JSON."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError("expected a JSON object")
    return found


class Api:
    """What the page can ask for. Every method takes (request, body) and returns plain values or a response."""

    def __init__(self, store, jobs):
        self.store, self.jobs = store, jobs

    def models(self, request, body):
        """What can be played, and what its knobs are; a model that cannot be loaded says why."""
        root = project_root()
        return {"models": [self.about(name) for name in self.store.names()], "project": str(root or ""),
                "accompanist": bool(root) and (root / "data/accompaniment/model/model.json").exists()}

    def about(self, name):
        """Return what the page needs of one model."""
        try:
            trained = self.store.trained(name)
        except (FileNotFoundError, ValueError) as error:
            return {"name": name, "error": " ".join(str(error).split())}
        return {"name": name, "kind": trained.generator.name, "knobs": trained.knobs, "flows": trained.flows,
                "vocabulary": trained.generator.vocabulary,
                "numbers": trained.generator.limits() if trained.steered else {}, "rate": trained.codec.sample_rate_hz,
                "parameters": trained.generator.facts.get("inference_parameters"),
                "corpora": [c.get("title") or c.get("name") for c in trained.generator.facts.get("corpora", [])]}

    def experiments(self, request, body):
        """The table of experiments."""
        return experiments.table(project_root())

    def list_jobs(self, request, body):
        """All jobs, so that a page that is loaded anew knows them."""
        return {"jobs": [job.as_dict() for job in list(self.jobs.known.values())]}

    def add_job(self, request, body):
        """Begin a piece."""
        asked = asked_of(body)
        if asked.get("kind") == "harmonize":
            title, work = self.melody(asked)
        elif asked.get("kind") in making.KINDS:
            title, work = making.KINDS[asked["kind"]](self.store, asked)
        else:
            raise ValueError(f"kind: expected one of {', '.join(making.KINDS)}, harmonize; got "
                             f"{asked.get('kind')!r:.40}")
        return self.jobs.add(title, work, str(asked.get("group", ""))[:300]).as_dict()

    def melody(self, asked):
        """Return (title, work) of a melody that was typed or dropped."""
        if asked.get("notes") is not None:
            path, name = melodies.typed(self.store, asked["notes"], asked.get("metre", "4/4")), "typed melody"
        else:
            path, name = self.store.recording(str(asked.get("recording", "")))
        return melodies.harmonize(self.store, path, name, asked)

    def known_job(self, request):
        """Return the Job of a request."""
        job = self.jobs.known.get(request.path_params["id"])
        if job is None:
            raise ValueError("this job is not known: the studio was started again")
        return job

    def job(self, request, body):
        """How far one job is."""
        return self.known_job(request).as_dict()

    def stop(self, request, body):
        """Ask a job to stop."""
        job = self.known_job(request)
        job.stop = True
        return job.as_dict()

    def pieces(self, request, body):
        """All that was made in this session."""
        return {"pieces": [piece.as_dict() for piece in list(self.store.pieces.values())]}

    def upload(self, request, body):
        """Keep a recording or a melody; what cannot be read is told at once."""
        filename = request.query_params.get("name", "file")[:200]
        identity, path = self.store.keep_upload(filename, body)
        name = Path(filename).name or "file"
        try:
            found = files.melody_or_sound(path)
        except (FileNotFoundError, ValueError) as error:
            path.unlink()
            raise ValueError(str(error).replace(str(path), name)) from None
        self.store.recordings[identity] = (path, name)
        return {"id": identity, "name": name, **found}

    def piece(self, request, body):
        """A piece as a file of the kind that the address ends in."""
        piece, ending = self.store.piece(request.path_params["id"]), request.path_params["ending"]
        path = piece.path if ending == "wav" else piece.files.get(ending)
        if path is None:
            if ending not in files.CONVERTED:
                raise ValueError(f"expected {', '.join(KINDS)}; got {ending!r:.20}")
            path = piece.files[ending] = files.converted(piece.path, ending)
        name = f"{files.saved_name(piece.title)}.{ending}" if "save" in request.query_params else None
        return FileResponse(path, media_type=KINDS[ending], filename=name)

    def everything(self, request, body):
        """All pieces as one archive."""
        path = files.everything(list(self.store.pieces.values()), self.store.place(".zip")[1])
        return FileResponse(path, media_type="application/zip", filename="chaconne-studio.zip")

    def endless(self, request, body):
        """Endless music: int16, little-endian, mono, at the rate in the header."""
        asked = {key: value for key, value in request.query_params.items() if key in ("model", "rev", "method")}
        for key in ("seed", "steps", "guidance", "truncation"):
            if key in request.query_params:
                value = float(request.query_params[key])
                asked[key] = int(value) if key in ("seed", "steps") else value
        asked["conditions"] = {key.removeprefix("condition."): value for key, value in request.query_params.items()
                               if key.startswith("condition.")}
        asked["conditions"] |= {key.removeprefix("number."): float(value) for key, value in request.query_params.items()
                                if key.startswith("number.")}
        trained, conditions, seed = making.opened(self.store, asked)
        return StreamingResponse(streaming.stream(self.store, trained, conditions, seed),
                                 media_type="application/octet-stream",
                                 headers={"X-Rate": str(trained.codec.sample_rate_hz)})
