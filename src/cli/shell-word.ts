/** A text as one word of a shell, for commands that people copy. */
export function shellWord(text: string): string {
  if (/^[\w./:@%+=,][\w./:@%+=,-]*$/.test(text)) return text
  const path = text.startsWith('-') ? `./${text}` : text
  return `'${path.replaceAll("'", "'\\''")}'`
}
