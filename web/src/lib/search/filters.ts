/** Field of the search language that the Filters dialog offers. */
type Filter = {
	field: string;
	label: string;
	/** Choices as [value, text]; without them the value is typed. */
	options?: readonly (readonly [string, string])[];
	type?: 'text' | 'date';
	placeholder?: string;
};

const percentages = [5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95];

/** Fields in the order of the dialog; `tag:` is offered by the chips and the suggestions. */
export const FILTERS: readonly Filter[] = [
	{ field: 'name', label: 'File name', type: 'text', placeholder: 'holiday*' },
	{
		field: 'score',
		label: 'Score',
		options: [
			...percentages.map((each) => [`>=${each}%`, `At least ${each} %`] as const),
			...percentages.map((each) => [`<${each}%`, `Below ${each} %`] as const),
		],
	},
	{
		field: 'top',
		label: 'Tag is among',
		options: [
			['1', 'The best class only'],
			['2', 'The best 2 classes'],
			['3', 'The best 3 classes'],
			['4', 'The best 4 classes'],
			['5', 'The best 5 classes'],
		],
	},
	{ field: 'after', label: 'Uploaded from (UTC)', type: 'date' },
	{ field: 'before', label: 'Uploaded before (UTC)', type: 'date' },
	{
		field: 'status',
		label: 'Status',
		options: [
			['done', 'Tagged'],
			['queued', 'Queued'],
			['running', 'Processing'],
			['failed', 'Failed'],
			['cancelled', 'Cancelled'],
		],
	},
	{ field: 'reason', label: 'Reason of failure', type: 'text', placeholder: 'crashed_worker' },
	{
		field: 'untagged',
		label: 'Tags',
		options: [
			['no', 'With tags'],
			['yes', 'Without tags'],
		],
	},
];
