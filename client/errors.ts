/** The server said no, in OpenAI's error shape. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;
  readonly requestId: string | null;

  constructor(
    status: number,
    message: string,
    facts: Partial<Pick<ApiError, "code" | "param" | "requestId">>,
  ) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = facts.code ?? null;
    this.param = facts.param ?? null;
    this.requestId = facts.requestId ?? null;
  }
}

/** Nobody answered, or somebody who is not Perennial; trying again later may help. */
export class ConnectionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ConnectionError";
  }
}
