"""Serves a model of its own making with llama.cpp's server: a llama of one layer, whose weights are all the same.

usage: llama_cpp.py FOLDER LONGEST_CONTEXT CONTEXT
"""

import pathlib
import struct
import sys
import threading

import xllamacpp

WIDTH = 32
U32, I32, F32, STRING, ARRAY = 4, 5, 6, 8, 9


def string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def array(kind, items):
    return struct.pack("<IQ", kind, len(items)) + b"".join(items)


def gguf(longest_context):
    """The bytes of a model file, as llama.cpp's docs/gguf.md describes it."""
    words = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + ["\u2581a"]
    kinds = [2, 3, 3] + [6] * 256 + [1]
    number = lambda value: (U32, struct.pack("<I", value))
    facts = {
        "general.architecture": (STRING, string("llama")),
        "llama.context_length": number(longest_context),
        "llama.embedding_length": number(WIDTH),
        "llama.block_count": number(1),
        "llama.feed_forward_length": number(WIDTH),
        "llama.attention.head_count": number(1),
        "llama.attention.layer_norm_rms_epsilon": (F32, struct.pack("<f", 1e-5)),
        "tokenizer.ggml.model": (STRING, string("llama")),
        "tokenizer.ggml.tokens": (ARRAY, array(STRING, [string(word) for word in words])),
        "tokenizer.ggml.scores": (ARRAY, array(F32, [struct.pack("<f", 0)] * len(words))),
        "tokenizer.ggml.token_type": (ARRAY, array(I32, [struct.pack("<i", kind) for kind in kinds])),
    }
    square = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]
    tensors = {"token_embd": [WIDTH, len(words)], "output": [WIDTH, len(words)], "output_norm": [WIDTH]}
    tensors |= {f"blk.0.{name}": [WIDTH, WIDTH] for name in square}
    tensors |= {f"blk.0.{name}": [WIDTH] for name in ["attn_norm", "ffn_norm"]}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts))
    for name, (kind, value) in facts.items():
        head += string(name) + struct.pack("<I", kind) + value
    weights = b""
    for name, shape in tensors.items():
        head += string(f"{name}.weight") + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(weights))
        size = shape[0] * (shape[1] if len(shape) > 1 else 1)
        weights += struct.pack("<f", 0.01) * size
    return head + bytes(-len(head) % 32) + weights


folder, longest_context, context = sys.argv[1:]
path = pathlib.Path(folder) / "tiny.gguf"
path.write_bytes(gguf(int(longest_context)))
params = xllamacpp.CommonParams()
params.model.path = str(path)
params.model_alias = {"tiny"}
params.n_ctx = int(context)
params.n_parallel = 1
params.port = 0
server = xllamacpp.Server(params)
print("listening on", server.listening_address, flush=True)
threading.Event().wait()
