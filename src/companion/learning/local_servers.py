"""Servers that answer from a model on this machine, as OpenAI's API does: what each is good for.

Of those that are not ours, the commands are as their own documentation gave them in November 2026.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Server:
    """FOLDER holds safetensors, FILE is a GGUF. `modules` and `program` are what it needs here.

    `install` is what to type first, `start` what then, `url` where it answers if it is not told
    another port.
    """

    name: str
    good_for: str
    install: str
    start: str
    url: str
    modules: tuple[str, ...] = ()
    program: str = ""
    wants_gpu: bool = False

    def lacks(self, has_gpu: bool) -> str:
        """Why it does not run here, in a few words; "" where it can."""
        missing = [name for name in self.modules if find_spec(name) is None]
        if missing or (self.program and shutil.which(self.program) is None):
            return f"not installed: {', '.join(missing) or self.program}"
        return "it wants a GPU, and there is none" if self.wants_gpu and not has_gpu else ""


SERVERS = (
    Server(
        "companion serve",
        "the whole companion behind one address: routing, budgets, what is never sent away",
        "pip install 'companion-lab[local,demo]'",
        "companion serve",
        "http://127.0.0.1:8010/v1",
        modules=("fastapi", "uvicorn", "transformers"),
    ),
    Server(
        "transformers serve",
        "any architecture on the day it is published, in 8 or 4 bits by one word",
        "pip install 'transformers[serving]' bitsandbytes accelerate",
        "transformers serve FOLDER --quantization bnb-4bit",
        "http://127.0.0.1:8000/v1",
        modules=("openai", "accelerate", "fastapi", "uvicorn", "transformers"),
    ),
    Server(
        "llama.cpp",
        "processors and small GPUs: GGUF in 2 to 8 bits, quick to load, little memory",
        "brew install llama.cpp, or a release of ggml-org/llama.cpp",
        "llama-server -m FILE --port 8081",
        "http://127.0.0.1:8081/v1",
        program="llama-server",
    ),
    Server(
        "llama-cpp-python",
        "the same from Python, compiled when it is installed",
        "pip install 'llama-cpp-python[server]'",
        "python -m llama_cpp.server --model FILE --port 8081",
        "http://127.0.0.1:8081/v1",
        modules=("llama_cpp",),
    ),
    Server(
        "Ollama",
        "the least to type: it fetches models, loads them when asked and unloads them again",
        "the installer of ollama.com",
        "ollama create mine -f Modelfile    (Modelfile: FROM FILE)",
        "http://127.0.0.1:11434/v1",
        program="ollama",
    ),
    Server(
        "LocalAI",
        "words, pictures and voices behind one address, in one container",
        "Docker or Podman",
        "docker run -p 8080:8080 -v $PWD/models:/models localai/localai:latest",
        "http://127.0.0.1:8080/v1",
        program="local-ai",
    ),
    Server(
        "FastChat",
        "several models on several machines behind one controller; hardly developed any more",
        "pip install 'fschat[model_worker]'",
        "python -m fastchat.serve.controller, ….model_worker --model-path FOLDER --device cpu "
        "and ….openai_api_server --port 8000",
        "http://127.0.0.1:8000/v1",
        modules=("fastchat",),
    ),
    Server(
        "vLLM",
        "many people at once on a GPU: continuous batches over a paged cache",
        "pip install vllm",
        "vllm serve FOLDER --quantization bitsandbytes",
        "http://127.0.0.1:8000/v1",
        modules=("vllm",),
        wants_gpu=True,
    ),
)
"""Ours first, then those that documents on local models name."""
