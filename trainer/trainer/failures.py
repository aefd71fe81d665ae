"""What went wrong, where neither PyTorch nor safetensors has a class of its own for it. No torch here."""

import errno
import re

from trainer.job import JobError

# In small letters: PyTorch's, CUDA's and C++'s; the last two are all that oneDNN says.
OUT_OF_MEMORY_TEXTS = (
    "can't allocate memory",
    "cannot allocate memory",
    "out of memory",
    "not enough memory",
    "cublas_status_alloc_failed",
    "bad_alloc",
    "could not create a primitive",
    "could not execute a primitive",
)
# EFBIG: a limit on the size of files, which is a full disk to whoever runs into it.
DISK_FULL_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
DISK_FULL_TEXTS = tuple(f"(os error {number})" for number in DISK_FULL_NUMBERS)
# What numpy says of a write that came to less than it should; it keeps no error number.
CUT_WRITE = re.compile(r"\d+ requested and \d+ written")

MEMORY_ADVICE = JobError(
    "out_of_memory",
    "The machine has too little memory for this job. Shorter rows (context_length), a smaller lora_r or a smaller "
    "base need less.",
)
DISK_ADVICE = JobError(
    "disk_full",
    "The disk of the data folder is full, so the training could not be saved. Free some space and try again.",
)


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    # Not what a person wrote, which may hold these words, too.
    return not isinstance(error, JobError) and any(text in str(error).lower() for text in OUT_OF_MEMORY_TEXTS)


def is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in DISK_FULL_NUMBERS or CUT_WRITE.search(str(error)) is not None
    return any(text in str(error) for text in DISK_FULL_TEXTS)
