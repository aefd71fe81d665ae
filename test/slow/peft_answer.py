"""What Transformers and PEFT answer with an exported adapter. Arguments: base folder, adapter folder or "", messages as JSON."""

import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base, adapter, messages = sys.argv[1:4]
model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, local_files_only=True)
if adapter:
    model = PeftModel.from_pretrained(model, adapter)
tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
prompt = tokenizer.apply_chat_template(
    json.loads(messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
)
with torch.inference_mode():
    answer = model.generate(**prompt, max_new_tokens=8, do_sample=False)
print(tokenizer.decode(answer[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True).strip())
