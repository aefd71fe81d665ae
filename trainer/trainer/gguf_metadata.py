"""What a GGUF file says beside its tensors, taken over into another one."""

from collections.abc import Collection

from gguf import GGUFReader, GGUFValueType, GGUFWriter

# GGUFWriter writes it by itself.
ARCHITECTURE = "general.architecture"


def copy_metadata(reader: GGUFReader, writer: GGUFWriter, leaves_out: Collection[str]) -> None:
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == ARCHITECTURE or name in leaves_out:
            continue
        if field.types[0] == GGUFValueType.ARRAY:
            writer.add_array(name, field.contents())
        else:
            writer.add_key_value(name, field.contents(), field.types[0])
