/** What was typed, with the quotes that the service knows: telephones write curly ones. */
export const straight = (typed: string): string => typed.replace(/[“”„]/g, '"');
export const plain = (typed: string): string => straight(typed).trim();

/** What is being typed last: after the last space outside quotes, without its minus and quote. */
export function lastWord(query: string): string {
	return query.slice(lastStart(query)).replace(/^-?"?/, '');
}

/** The query with its last word completed to a whole tag. */
export function complete(query: string, tag: string): string {
	const start = lastStart(query);
	const minus = query[start] === '-' ? '-' : '';
	return `${query.slice(0, start)}${minus}${quoted(tag)} `;
}

/** The query with a tag more, or without it where it was asked for already. */
export function toggle(query: string, tag: string): string {
	const terms = termsOf(query);
	const wanted = quoted(tag);
	const others = terms.filter((term) => term !== wanted);
	return (others.length < terms.length ? others : [...terms, wanted]).join(' ');
}

export const asksFor = (query: string, tag: string): boolean =>
	termsOf(query).includes(quoted(tag));

/** Words up to the next space outside quotes. */
const TERM = /(?:"[^"]*"?|[^\s"])+/g;

const termsOf = (query: string): string[] => query.match(TERM) ?? [];

/** The tag and not what merely contains it: a bare `ox` finds boxers and mailboxes too. */
const quoted = (tag: string): string => `"${tag}"`;

/** Whether a quote was begun and not ended. */
export const isOpen = (query: string): boolean => (query.match(/"/g) ?? []).length % 2 === 1;

function lastStart(query: string): number {
	let quoted = false;
	let start = 0;
	for (let at = 0; at < query.length; at += 1) {
		const sign = query.charAt(at);
		if (sign === '"') quoted = !quoted;
		else if (/\s/.test(sign) && !quoted) start = at + 1;
	}
	return start;
}
