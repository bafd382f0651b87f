/** Formatting of tags, scores, numbers, sizes and times for display. */

/** Return a label with spaces instead of the underscores of the model. */
export const formatTag = (label: string): string => label.replaceAll('_', ' ');

const HIGH = 0.8;
const MEDIUM = 0.5;

export type Confidence = 'high' | 'medium' | 'low';

const CONFIDENCE_LABELS: Record<Confidence, string> = {
	high: 'High',
	medium: 'Medium',
	low: 'Low',
};

/** Return the confidence level of a score from 0 to 1. */
export function confidence(score: number): Confidence {
	if (score >= HIGH) return 'high';
	return score >= MEDIUM ? 'medium' : 'low';
}

/** Return level and percentage, such as "High · 98 %". */
export const confidenceText = (score: number): string =>
	`${CONFIDENCE_LABELS[confidence(score)]} · ${percent(score)}`;

/** Return a score from 0 to 1 as a percentage. Only 1 gives 100 %, and only 0 gives 0 %. */
export function percent(score: number): string {
	const value = score * 100;
	if (value > 0 && value < 1) return '<1\u00a0%';
	return `${value > 99 ? Math.floor(value) : Math.round(value)}\u00a0%`;
}

export const count = (value: number): string => value.toLocaleString('en');

export const plural = (value: number, one: string, many = `${one}s`): string =>
	`${count(value)} ${value === 1 ? one : many}`;

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** Return a size in bytes with the largest fitting decimal unit (1 KB = 1000 bytes). */
export function fileSize(bytes: number): string {
	let value = bytes;
	let unit = 0;
	while (value >= 1000 && unit < UNITS.length - 1) {
		value /= 1000;
		unit += 1;
	}
	return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

const MEBIBYTE = 2 ** 20;

/** Return a size limit, which is set in MiB, as "20 MB"; smaller ones like `fileSize`. */
export const sizeLimit = (bytes: number): string =>
	bytes < MEBIBYTE ? fileSize(bytes) : `${Math.floor(bytes / MEBIBYTE)} MB`;

const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const THIS_YEAR = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const DATE_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Return the date of an ISO time, without the year if it is the current one. */
export function day(iso: string, now = new Date()): string {
	const date = new Date(iso);
	return (date.getFullYear() === now.getFullYear() ? THIS_YEAR : DAY).format(date);
}
export const dateTime = (iso: string): string => DATE_TIME.format(new Date(iso));

/** Return "just now", "4 min ago", "9 h ago", or the date after one day. */
export function ago(iso: string, now = Date.now()): string {
	const seconds = (now - Date.parse(iso)) / 1000;
	if (seconds < 60) return 'just now';
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
	if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
	return day(iso);
}

/** Return a duration as "42 s", "5 min" or "1 h 30 min". */
export function duration(seconds: number): string {
	if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`;
	const minutes = Math.round(seconds / 60);
	return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
