/** How the page puts names, numbers and times. */

/** A person sees spaces where the model's names have underscores. */
export const tagWords = (label: string): string => label.replaceAll('_', ' ');

export const SURE = 0.8;
export const LIKELY = 0.5;

export type Confidence = 'sure' | 'likely' | 'unsure';

/** One word for a score. Below one half the model gives the other classes together more. */
export function confidence(score: number): Confidence {
	if (score >= SURE) return 'sure';
	return score >= LIKELY ? 'likely' : 'unsure';
}

/** Never rounded up to a certainty that was not claimed, nor down to nothing. */
export function percent(score: number): string {
	const value = score * 100;
	if (value > 0 && value < 1) return '<1%';
	return `${value > 99 ? Math.floor(value) : Math.round(value)}%`;
}

export const count = (value: number): string => value.toLocaleString('en');

export const plural = (value: number, one: string, many = `${one}s`): string =>
	`${count(value)} ${value === 1 ? one : many}`;

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

export function fileSize(bytes: number): string {
	let value = bytes;
	let unit = 0;
	while (value >= 1000 && unit < UNITS.length - 1) {
		value /= 1000;
		unit += 1;
	}
	return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const THIS_YEAR = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Without the year while it is this one. */
export function day(iso: string, now = new Date()): string {
	const date = new Date(iso);
	return (date.getFullYear() === now.getFullYear() ? THIS_YEAR : DAY).format(date);
}
export const moment = (iso: string): string => MOMENT.format(new Date(iso));

/** "just now", "4 min ago", then the day. */
export function ago(iso: string, now = Date.now()): string {
	const seconds = (now - Date.parse(iso)) / 1000;
	if (seconds < 60) return 'just now';
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
	if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
	return day(iso);
}

export function duration(seconds: number): string {
	if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`;
	const minutes = Math.round(seconds / 60);
	return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
