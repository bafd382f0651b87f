import { expect, it } from 'vitest';
import {
	hasTag,
	describeClause,
	fieldValue,
	hasWords,
	isToken,
	splitClauses,
	withField,
	hasOpenQuote,
	currentTerm,
	hasMatchTerm,
	normalizeQuery,
	toggleTag,
} from './query-terms';

it.each([
	['dog', 'dog'],
	['dog ca', 'ca'],
	['dog -ca', 'ca'],
	['dog "sports c', 'sports c'],
	['"sports car" ', ''],
	['', ''],
])('returns the last term of <%s> as <%s>', (query, term) => {
	expect(currentTerm(query)).toBe(term);
});

const DOG = { wnid: 'n02084071', label: 'dog' };
const CAR = { wnid: 'n04285008', label: 'sports car' };

it.each([
	['', DOG, 'tag:n02084071'],
	['cat ', CAR, 'cat tag:n04285008'],
	['cat "sports car" -dog', CAR, 'cat -dog'],
	['cat tag:n04285008', CAR, 'cat'],
	['"dog"', DOG, ''],
	['Dog cat', DOG, 'cat'],
	['-dog cat', DOG, 'cat tag:n02084071'],
	['-tag:n02084071', DOG, 'tag:n02084071'],
	['dog OR cat', DOG, 'dog OR cat tag:n02084071'],
])('toggles in <%s> a tag (P8)', (query, tag, toggled) => {
	expect(toggleTag(query, tag)).toBe(toggled);
	expect(hasTag(toggled, tag)).toBe(!hasTag(query, tag));
});

it.each([
	['dog AND cat', ['dog', 'cat']],
	['dog OR cat | "a b" -x', ['dog OR cat | "a b"', '-x']],
	['a|b c', ['a|b', 'c']],
	['a |b', ['a |b']],
	['', []],
])('splits <%s> into clauses', (query, clauses) => {
	expect(splitClauses(query)).toEqual(clauses);
});

it.each([
	['tag:n02084071', 'dog'],
	['-tag:n02084071|"sports car"', 'not dog or sports car'],
	['status:failed OR name:"my day*"', 'status: failed or name: my day*'],
	['*owl*', '…owl…'],
])('describes <%s> as <%s>', (clause, text) => {
	expect(isToken(clause)).toBe(true);
	expect(describeClause(clause, (wnid) => (wnid === DOG.wnid ? 'dog' : wnid))).toBe(text);
});

it('reads and replaces the value of a field', () => {
	const query = withField('dog status:failed', 'name', 'my day*');
	expect(query).toBe('dog status:failed name:"my day*"');
	expect(fieldValue(query, 'name')).toBe('my day*');
	expect(withField(query, 'status', '')).toBe('dog name:"my day*"');
	expect(fieldValue('-status:failed', 'status')).toBe('');
});

it.each([
	['dog', true],
	['"sports car"', true],
	['tag:n02084071 -cat', false],
	['name:x', false],
])('detects whether <%s> has words, which may match weakly', (query, expected) => {
	expect(hasWords(query)).toBe(expected);
});

it('replaces curly quotes with straight quotes', () => {
	expect(normalizeQuery(' “sports car” dog')).toBe('"sports car" dog');
});

it.each([
	['"sports c', true],
	['"sports car" ', false],
	['dog', false],
])('detects whether <%s> has an unclosed quote', (query, open) => {
	expect(hasOpenQuote(query)).toBe(open);
});

it.each([
	['', false],
	['status:failed', false],
	['-dog score:>=50', false],
	['status:done dog', true],
	['"sports car"', true],
	['tag:n02084071', true],
])('detects whether <%s> can be sorted by match (P16)', (query, expected) => {
	expect(hasMatchTerm(query)).toBe(expected);
});
