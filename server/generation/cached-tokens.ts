const FEWEST = 1024;
const STEP = 128;

/**
 * Of a prompt's tokens that its engine had read before, those that are told: in OpenAI's steps. An engine reads for all
 * projects; by exact numbers one could find, token by token, what another has asked it.
 */
export const toldCachedTokens = (tokens = 0): number => (tokens < FEWEST ? 0 : tokens - (tokens % STEP));
