/**
 * Where a picture comes from: the server's own, or that of one of its replays. Both have the same
 * stream and the same answers, below different addresses.
 */

/** What was asked for is refused or cannot be read; where no answer comes, `fetch` throws. */
export class AnswerError extends Error {
  /** @param status of HTTP; 0 where the answer cannot be read */
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export class Source {
  /** @param url the folder that the picture is served in, such as `http://127.0.0.1:8080/` */
  constructor(readonly url: string) {}

  /** Gets JSON by its path in the folder, such as `v1/feeds`. Throws {@link AnswerError}. */
  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    return this.ask(path, { ...(signal && { signal }) });
  }

  /** Sends JSON, gets JSON; nothing where the answer is empty. Throws {@link AnswerError}. */
  async send(method: "POST" | "PATCH" | "DELETE", path: string, body?: object): Promise<unknown> {
    if (body === undefined) return this.ask(path, { method });
    const headers = { "Content-Type": "application/json" };
    return this.ask(path, { method, headers, body: JSON.stringify(body) });
  }

  private async ask(path: string, request: RequestInit): Promise<unknown> {
    const headers = { Accept: "application/json", ...request.headers };
    const response = await fetch(new URL(path, this.url), { ...request, headers });
    if (response.status === 204) return undefined;
    const answer = (await response.json().catch(() => undefined)) as unknown;
    if (response.ok) return answer;
    const detail = detailOf(answer) ?? `${path} answered ${response.status}`;
    throw new AnswerError(detail, response.status);
  }
}

/** What problem details (RFC 9457) say. */
function detailOf(answer: unknown): string | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  const { title, detail } = answer as { title?: unknown; detail?: unknown };
  const said = [detail, title].find((text) => typeof text === "string" && text !== "");
  return said as string | undefined;
}

/** The folder that the page is in. */
export function folder(): string {
  return new URL(".", window.location.href).href;
}
