// A program that knows the service from its description alone: types by openapi-typescript, calls by
// openapi-fetch. `tests/e2e/processes/test_generated_client.py` runs it against a real gallery.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import createClient from 'openapi-fetch';
import type { components, paths } from '../src/lib/api/schema.d.ts';

type Job = components['schemas']['JobRead'];

const [url, key, ...files] = process.argv.slice(2);
if (!url || !key) throw new Error('usage: tour.ts URL KEY FILE...');

const gallery = createClient<paths>({
	baseUrl: url,
	headers: { Authorization: `Bearer ${key}` },
});

async function submit(once: string): Promise<Job> {
	const form = new FormData();
	for (const file of files) form.append('files', new Blob([await readFile(file)]), basename(file));
	const { data, error, response } = await gallery.POST('/api/v1/jobs', {
		params: { header: { 'Idempotency-Key': once } },
		body: { files: [] },
		bodySerializer: () => form,
	});
	if (error) throw new Error(`${error.type}: ${error.detail}`);
	if (response.headers.get('location') !== `/api/v1/jobs/${data.id}`)
		throw new Error('no Location');
	return data;
}

async function follow(job: Job): Promise<Job> {
	const { data, error } = await gallery.GET('/api/v1/jobs/{job_id}', {
		params: { path: { job_id: job.id }, query: { wait: 20 } },
	});
	if (error) throw new Error(`${error.type}: ${error.detail}`);
	return data.counts.queued + data.counts.running > 0 ? follow(data) : data;
}

async function search(q: string): Promise<{ total: number; first: string | undefined }> {
	const { data, error } = await gallery.GET('/api/v1/images', { params: { query: { q } } });
	if (error) throw new Error(`${error.type}: ${error.detail}`);
	return { total: data.total, first: data.items[0]?.predictions[0]?.label };
}

async function problems(): Promise<(string | undefined)[]> {
	const nobody = '00000000-0000-7000-8000-000000000000';
	const missing = await gallery.GET('/api/v1/images/{image_id}', {
		params: { path: { image_id: nobody } },
	});
	const unreadable = await gallery.GET('/api/v1/images', { params: { query: { q: '"' } } });
	const forbidden = await gallery.DELETE('/api/v1/images/{image_id}', {
		params: { path: { image_id: nobody } },
	});
	return [missing.error?.type, unreadable.error?.type, forbidden.error?.type];
}

const once = crypto.randomUUID();
const job = await submit(once);
const again = await submit(once);
const ended = await follow(job);
const { data: limits } = await gallery.GET('/api/v1/limits');
console.log(
	JSON.stringify({
		outcomes: job.items.map((item) => item.outcome),
		sameJob: again.id === job.id,
		status: ended.status,
		counts: ended.counts,
		all: await search(''),
		problems: await problems(),
		types: limits?.media_types.length,
	}),
);
