import { randomInt } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Letters and digits from a cryptographic source; 24 of them hold 142 bits. */
export const randomText = (length: number): string =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");

/** Makes an id of OpenAI's shape: the prefix and the number of characters seen on the wire. */
const idMaker =
  <Prefix extends string>(prefix: Prefix, length: number) =>
  (): `${Prefix}${string}` =>
    `${prefix}${randomText(length)}`;

export const newFileId = idMaker("file-", 22);
export const newUploadId = idMaker("upload_", 24);
export const newPartId = idMaker("part_", 24);
export const newJobId = idMaker("ftjob-", 24);
export const newEventId = idMaker("ftevent-", 24);
export const newCheckpointId = idMaker("ftckpt_", 24);
export const newPermissionId = idMaker("cp_", 24);
export const newChatCompletionId = idMaker("chatcmpl-", 29);
export const newTextCompletionId = idMaker("cmpl-", 29);
export const newResponseId = idMaker("resp_", 48);
export const newMessageId = idMaker("msg_", 48);
export const newFunctionCallId = idMaker("fc_", 48);
/** Names a call of a tool in the output that answers it. */
export const newToolCallId = idMaker("call_", 24);
export const newConversationId = idMaker("conv_", 48);
export const newRequestId = idMaker("req_", 32);
export const newOrganizationId = idMaker("org-", 24);
export const newProjectId = idMaker("proj_", 24);
export const newKeyId = idMaker("key_", 16);
export const newAdapterId = idMaker("adapter-", 24);
export const newWebhookId = idMaker("whe_", 24);
export const newWebhookEventId = idMaker("evt_", 24);
export const newLifecycleChangeId = idMaker("lcc_", 24);
export const newNoticeId = idMaker("ntc_", 24);
export const newContactId = idMaker("ctc_", 24);
export const newMailId = idMaker("mail_", 24);
export const newDeliveryId = idMaker("whd_", 24);
/** The end of a tuned model's name, as in `ft:gpt-4o-mini-2024-07-18:personal::Ajo5kvNY`. */
export const newModelTail = () => randomText(8);
