/** What is being typed last: after the last space outside quotes, without its minus and quote. */
export function lastWord(query: string): string {
	return query.slice(lastStart(query)).replace(/^-?["“”]?/, '');
}

/** The query with its last word completed to a whole tag, quoted where it has spaces. */
export function complete(query: string, tag: string): string {
	const start = lastStart(query);
	const minus = query[start] === '-' ? '-' : '';
	const written = /\s/.test(tag) ? `"${tag}"` : tag;
	return `${query.slice(0, start)}${minus}${written} `;
}

function lastStart(query: string): number {
	let quoted = false;
	let start = 0;
	for (let at = 0; at < query.length; at += 1) {
		const sign = query.charAt(at);
		if (/["“”]/.test(sign)) quoted = !quoted;
		else if (/\s/.test(sign) && !quoted) start = at + 1;
	}
	return start;
}
