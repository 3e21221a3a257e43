"""The public look at a card in FastAPI, for `cargo xtask bench mpi`: the token is hashed and the same JSON answered, with
no look-up at all, under uvicorn with its fastest loop and parser."""

import hashlib
import sys
from datetime import date

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Report(BaseModel):
    verdict: str
    valid: bool
    campaign: str | None
    programme: str | None
    issued: date | None
    expires: date | None
    revoked: date | None


app = FastAPI()
VALID = Report(
    verdict="valid",
    valid=True,
    campaign="POLIO26",
    programme="Vaccination",
    issued=date(2026, 3, 1),
    expires=date(2099, 3, 1),
    revoked=None,
)


@app.get("/mpi/verify/{token}")
async def verify(token: str) -> Report:
    hashlib.sha256(bytes.fromhex(token)).digest()
    return VALID


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="error",
        access_log=False,
    )
