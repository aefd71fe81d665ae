"""The byte-pair tokenizer inside a GGUF file, written as Hugging Face's tokenizer.json."""

CONTROL = 3
USER_DEFINED = 4
# Pre-tokenizers whose Hugging Face form is known to give llama.cpp's token ids (`tests/test_tokenizer.py`).
DIGIT_SPLITTING = {"smollm": True, "gpt-2": False}

Metadata = dict[str, object]


def added_tokens(metadata: Metadata) -> list[dict[str, object]]:
    kinds = metadata["tokenizer.ggml.token_type"]
    return [
        {
            "id": index,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": kinds[index] == CONTROL,
        }
        for index, token in enumerate(metadata["tokenizer.ggml.tokens"])
        if kinds[index] in (CONTROL, USER_DEFINED)
    ]


def pre_tokenizer(name: str) -> dict[str, object]:
    if name not in DIGIT_SPLITTING:
        known = ", ".join(DIGIT_SPLITTING)
        raise SystemExit(f'The pre-tokenizer "{name}" of the GGUF file is not one of {known}.')
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    if not DIGIT_SPLITTING[name]:
        return byte_level
    return {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level]}


def tokenizer_json(metadata: Metadata) -> dict[str, object]:
    if metadata["tokenizer.ggml.model"] != "gpt2":
        raise SystemExit(f"Only gpt2 tokenizers are converted, not {metadata['tokenizer.ggml.model']}.")
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added_tokens(metadata),
        "normalizer": None,
        "pre_tokenizer": pre_tokenizer(metadata["tokenizer.ggml.pre"]),
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: index for index, token in enumerate(metadata["tokenizer.ggml.tokens"])},
            "merges": [merge.split(" ", 1) for merge in metadata["tokenizer.ggml.merges"]],
        },
    }


def special_tokens(metadata: Metadata) -> dict[str, str]:
    tokens = metadata["tokenizer.ggml.tokens"]
    names = {"bos_token": "bos", "eos_token": "eos", "pad_token": "padding", "unk_token": "unknown"}
    keys = {name: f"tokenizer.ggml.{key}_token_id" for name, key in names.items()}
    return {name: tokens[metadata[key]] for name, key in keys.items() if key in metadata}


def tokenizer_config(metadata: Metadata) -> dict[str, object]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": metadata["llama.context_length"],
        **special_tokens(metadata),
    }


def generation_config(metadata: Metadata) -> dict[str, object]:
    return {
        "bos_token_id": metadata["tokenizer.ggml.bos_token_id"],
        "eos_token_id": metadata["tokenizer.ggml.eos_token_id"],
        "pad_token_id": metadata["tokenizer.ggml.padding_token_id"],
    }
