/**
 * JSON body: the JSON of an answer. A list of answers, of which each may take some milliseconds, is written one by one, so that
 * other requests are served meanwhile; one that is in the list several times is written once, and a long list goes out in pieces.
 */
export async function jsonBody(answer: object): Promise<string | ReadableStream<Uint8Array>> {
  if (!isList(answer)) return JSON.stringify(answer);
  const texts = new Map<unknown, string>();
  for (const each of answer.answers) {
    if (texts.has(each)) continue;
    if (texts.size > 0) await pause();
    texts.set(each, JSON.stringify(each));
  }
  const listed = answer.answers.map((each) => texts.get(each)!);
  const length = listed.reduce((sum, text) => sum + text.length, 0);
  if (length <= PIECE_LENGTH_MAX) return `{"answers":[${listed.join(',')}]}`;
  return inPieces(['{"answers":[', ...listed.flatMap((text, index) => (index === 0 ? [text] : [',', text])), ']}']);
}

/** Length of a body that is sent at once: a millisecond or two of encoding. */
const PIECE_LENGTH_MAX = 1_000_000;

function inPieces(texts: readonly string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = 0;
  return new ReadableStream({
    async pull(controller) {
      const text = texts[next++];
      if (text === undefined) return controller.close();
      controller.enqueue(encoder.encode(text));
      await pause();
    },
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function isList(answer: object): answer is { readonly answers: readonly object[] } {
  return 'answers' in answer && Array.isArray(answer.answers) && Object.keys(answer).length === 1;
}
