/** The commands of a shell script, each as its words; what stands in single quotes is one word, whatever is in it. */
export function commandsOf(script: string): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  const endWord = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  for (let i = 0; i < script.length; i++) {
    const letter = script[i] as string;
    if (letter === "'") {
      const end = script.indexOf("'", i + 1);
      word = (word ?? "") + script.slice(i + 1, end < 0 ? undefined : end);
      i = end < 0 ? script.length : end;
    } else if (letter === "#" && word === undefined) {
      const end = script.indexOf("\n", i);
      i = end < 0 ? script.length : end - 1;
    } else if (letter === "\\") {
      const next = script[++i];
      if (next !== "\n") word = (word ?? "") + (next ?? "");
    } else if (letter === "\n") {
      endWord();
      if (words.length > 0) commands.push(words);
      words = [];
    } else if (/\s/.test(letter)) endWord();
    else word = (word ?? "") + letter;
  }
  endWord();
  if (words.length > 0) commands.push(words);
  return commands;
}
