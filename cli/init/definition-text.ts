import { Document, isCollection, isNode } from 'yaml';
import type { Entry } from '../../policy/guess/entry.ts';
import { shownText } from '../../contracts/shown-text.ts';

/** A definition as YAML. `schema` is the path of its JSON schema; each guess has its reason in a comment at the end of its line. */
export function definitionText(schema: string, about: string, entries: readonly Entry[]): string {
  const document = new Document({});
  document.commentBefore = ` yaml-language-server: $schema=${schema}\n ${about}`;
  for (const { path, value, why, todo } of entries) {
    const node = document.createNode(value);
    if (isCollection(node)) node.flow = true;
    const comment = why === undefined ? todo : `guessed: ${shownText(why, 200)}`;
    if (isNode(node) && comment !== undefined) node.comment = ` ${comment}`;
    document.setIn(path, node);
  }
  return document.toString({ lineWidth: 0, singleQuote: true });
}
