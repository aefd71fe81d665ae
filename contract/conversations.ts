import { z } from "zod";
import { Metadata } from "./common.ts";
import { InputItem } from "./response-items.ts";

const items = z.array(InputItem).max(20);

export const CreateConversation = z.strictObject({ items: items.nullish(), metadata: Metadata.nullish() });
export type CreateConversation = z.infer<typeof CreateConversation>;

export const UpdateConversation = z.strictObject({ metadata: Metadata.nullable() });

export const AddItems = z.strictObject({ items: items.min(1) });

export type Conversation = {
  readonly id: string;
  readonly object: "conversation";
  readonly created_at: number;
  readonly metadata: Metadata;
};
