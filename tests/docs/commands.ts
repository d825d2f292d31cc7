/** One command of a text for people: the program, and what it is told. */
export type Command = { program: string; args: string[]; line: string };

/** What people can type of a Markdown text: the lines of its `sh` blocks, each split where a pipe is. */
export function commandsOf(markdown: string): Command[] {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  return blocks
    .flatMap((block) => block.split("\n"))
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .flatMap((line) =>
      piped(words(line)).map(([program = "", ...args]) => ({ program, args: withoutRedirections(args), line })),
    );
}

/** The words of a line as a shell would split it; a comment at its end is none. Quotes keep a word together. */
function words(line: string): string[] {
  const found = [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"|])+|\|/g)].map(([word]) => word);
  const comment = found.findIndex((word) => word.startsWith("#"));
  return (comment < 0 ? found : found.slice(0, comment)).map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"));
}

function piped(words: string[]): string[][] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === "|") parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}

const withoutRedirections = (args: string[]): string[] =>
  args.filter((arg, i) => !/^[<>]$/.test(arg) && !/^[<>]$/.test(args[i - 1] ?? ""));

/** The address of a heading within its page, as GitHub makes it. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

/** The headings of a Markdown text, without those in its code. */
export const headingsOf = (markdown: string): string[] =>
  [...markdown.replaceAll(/^```.*?^```$/gms, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
