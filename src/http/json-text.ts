/**
 * JSON text: the JSON of an answer. A list of answers, of which each may take some milliseconds, is written one by one, so that
 * other requests are served meanwhile; one that is in the list several times is written once.
 */
export async function jsonText(answer: object): Promise<string> {
  if (!isList(answer)) return JSON.stringify(answer);
  const texts = new Map<unknown, string>();
  for (const each of answer.answers) {
    if (texts.has(each)) continue;
    if (texts.size > 0) await new Promise((resolve) => setTimeout(resolve, 0));
    texts.set(each, JSON.stringify(each));
  }
  return `{"answers":[${answer.answers.map((each) => texts.get(each)).join(',')}]}`;
}

function isList(answer: object): answer is { readonly answers: readonly object[] } {
  return 'answers' in answer && Array.isArray(answer.answers) && Object.keys(answer).length === 1;
}
