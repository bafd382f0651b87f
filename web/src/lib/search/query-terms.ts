/** Replace curly quotes, which phone keyboards insert, with straight ones. */
export const straightenQuotes = (typed: string): string => typed.replace(/[“”„]/g, '"');
export const normalizeQuery = (typed: string): string => straightenQuotes(typed).trim();

/** Return the last term of the query without its minus and opening quote. */
export function currentTerm(query: string): string {
	return query.slice(currentTermStart(query)).replace(/^-?"?/, '');
}

/** Return the query with its last term replaced by the tag. */
export function completeTag(query: string, tag: string): string {
	const start = currentTermStart(query);
	const minus = query[start] === '-' ? '-' : '';
	return `${query.slice(0, start)}${minus}${quote(tag)} `;
}

/** Return the query with the tag added, or removed if it has it. Adding replaces an exclusion. */
export function toggleTag(query: string, tag: string): string {
	const others = splitTerms(query).filter((term) => !names(term.replace(/^-/, ''), tag));
	return (hasTag(query, tag) ? others : [...others, quote(tag)]).join(' ');
}

/** Return whether a term of the query is the tag, quoted or not. */
export const hasTag = (query: string, tag: string): boolean =>
	splitTerms(query).some((term) => names(term, tag));

const names = (term: string, tag: string): boolean =>
	term.replace(/^"(.*)"$/, '$1').toLowerCase() === tag.toLowerCase();

/** Return whether the query has a term that images can match, not only filters and exclusions. */
export const hasMatchTerm = (query: string): boolean =>
	splitTerms(query).some((term) => !/^-|^[\w-]+:/.test(term));

/** A term ends at the next space outside quotes. */
const TERM = /(?:"[^"]*"?|[^\s"])+/g;

const splitTerms = (query: string): string[] => query.match(TERM) ?? [];

/** Quote a tag for an exact match: a bare `ox` also finds boxer and mailbox. */
export const quote = (tag: string): string => `"${tag}"`;

/** Return whether the query has an unclosed quote. */
export const hasOpenQuote = (query: string): boolean => (query.match(/"/g) ?? []).length % 2 === 1;

/** Return the start of the last term. */
function currentTermStart(query: string): number {
	let quoted = false;
	let start = 0;
	for (let at = 0; at < query.length; at += 1) {
		const char = query.charAt(at);
		if (char === '"') quoted = !quoted;
		else if (/\s/.test(char) && !quoted) start = at + 1;
	}
	return start;
}
