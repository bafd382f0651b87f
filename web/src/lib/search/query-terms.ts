/** Replace curly quotes, which phone keyboards insert, with straight ones. */
export const straightenQuotes = (typed: string): string => typed.replace(/[“”„]/g, '"');
export const normalizeQuery = (typed: string): string => straightenQuotes(typed).trim();

/** Return the last term of the query without its minus and opening quote. */
export function currentTerm(query: string): string {
	return query.slice(currentTermStart(query)).replace(/^-?"?/, '');
}

/** Return the query without its last term. */
export const withoutCurrentTerm = (query: string): string =>
	query.slice(0, currentTermStart(query)).trim();

/** Tag as the search language and the page name it. */
export type TagName = { wnid: string; label: string };

/** Return the clause that finds exactly this tag. */
export const tagClause = ({ wnid }: TagName): string => `tag:${wnid}`;

/** Return the query with the tag added, or removed if it has it. Adding replaces an exclusion. */
export function toggleTag(query: string, tag: TagName): string {
	const others = splitClauses(query).filter((clause) => !names(clause.replace(/^-/, ''), tag));
	return (hasTag(query, tag) ? others : [...others, tagClause(tag)]).join(' ');
}

/** Return whether a clause of the query is the tag: by its id, or by its name, quoted or not. */
export const hasTag = (query: string, tag: TagName): boolean =>
	splitClauses(query).some((clause) => names(clause, tag));

const names = (clause: string, tag: TagName): boolean =>
	clause === tagClause(tag) ||
	clause.replace(/^"(.*)"$/, '$1').toLowerCase() === tag.label.toLowerCase();

/** Return whether the query has a term that images can match, not only filters and exclusions. */
export const hasMatchTerm = (query: string): boolean =>
	splitTerms(query).some((term) => !/^-|^(?!tag:)[\w-]+:/.test(term));

/** Return whether the query has words, which may match weak guesses too; tags by id are exact. */
export const hasWords = (query: string): boolean =>
	splitTerms(query).some((term) => !/^-|^[\w-]+:/.test(term));

/** Split a query into clauses; alternatives stay together. */
export function splitClauses(query: string): string[] {
	const clauses: string[] = [];
	let joining = false;
	for (const term of splitTerms(query)) {
		if (term === 'AND') continue;
		const operator = term === 'OR' || term === '|';
		if (clauses.length > 0 && (operator || joining || term.startsWith('|')))
			clauses.push(`${clauses.pop()} ${term}`);
		else clauses.push(term);
		joining = operator || term.endsWith('|');
	}
	return clauses;
}

/** Return whether a clause is more than plain words, so that the search box shows it as a token. */
export const isToken = (clause: string): boolean => /^-|"|\*|(^|[\s|])[a-z]+:/i.test(clause);

/** Return a clause in words, with the names of tags. */
export function describeClause(clause: string, label: (wnid: string) => string): string {
	const negated = clause.startsWith('-');
	const atoms = clause
		.replace(/^-/, '')
		.split(/\s*(?:\||\bOR\b)\s*/)
		.map((atom) => describeAtom(atom, label));
	return `${negated ? 'not ' : ''}${atoms.join(' or ')}`;
}

function describeAtom(atom: string, label: (wnid: string) => string): string {
	const [, field = '', value = ''] = /^([a-z]+):(.*)$/i.exec(atom) ?? [];
	if (field.toLowerCase() === 'tag') return label(value);
	if (field) return `${field.toLowerCase()}: ${value.replaceAll('"', '')}`;
	return atom.replaceAll('"', '').replace(/^\*(.*)\*$/, '…$1…');
}

/** Return the value of the clause `field:value`, or an empty text. */
export function fieldValue(query: string, field: string): string {
	const clause = splitClauses(query).find((each) => isField(each, field));
	return clause?.slice(field.length + 1).replaceAll('"', '') ?? '';
}

/** Return the query with the clause of a field replaced, added, or removed if the value is empty. */
export function withField(query: string, field: string, value: string): string {
	const others = splitClauses(query).filter((each) => !isField(each, field));
	const clean = value.replaceAll('"', '').trim();
	if (clean) others.push(`${field}:${/[\s|]/.test(clean) ? quote(clean) : clean}`);
	return others.join(' ');
}

const isField = (clause: string, field: string): boolean =>
	new RegExp(`^${field}:("[^"]*"|[^\\s|"]*)$`, 'i').test(clause);

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
