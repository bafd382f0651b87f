// Sample client generated from openapi.json: types by openapi-typescript, requests by openapi-fetch.
// `tests/e2e/processes/test_generated_client.py` runs it against a running service.
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

async function submit(idempotencyKey: string): Promise<Job> {
	const form = new FormData();
	for (const file of files) form.append('files', new Blob([await readFile(file)]), basename(file));
	const { data, error, response } = await gallery.POST('/api/v1/jobs', {
		params: { header: { 'Idempotency-Key': idempotencyKey } },
		body: { files: [] },
		bodySerializer: () => form,
	});
	if (error) throw new Error(`${error.type}: ${error.detail}`);
	if (response.headers.get('location') !== `/api/v1/jobs/${data.id}`)
		throw new Error('no Location');
	return data;
}

async function waitForJob(job: Job): Promise<Job> {
	const { data, error } = await gallery.GET('/api/v1/jobs/{job_id}', {
		params: { path: { job_id: job.id }, query: { wait: 20 } },
	});
	if (error) throw new Error(`${error.type}: ${error.detail}`);
	return data.counts.queued + data.counts.running > 0 ? waitForJob(data) : data;
}

async function search(q: string): Promise<{ total: number; first: string | undefined }> {
	const { data, error } = await gallery.GET('/api/v1/images', { params: { query: { q } } });
	if (error) throw new Error(`${error.type}: ${error.detail}`);
	return { total: data.total, first: data.items[0]?.predictions[0]?.label };
}

async function problemTypes(): Promise<(string | undefined)[]> {
	const unknownId = '00000000-0000-7000-8000-000000000000';
	const missing = await gallery.GET('/api/v1/images/{image_id}', {
		params: { path: { image_id: unknownId } },
	});
	const unreadable = await gallery.GET('/api/v1/images', { params: { query: { q: '"' } } });
	const forbidden = await gallery.DELETE('/api/v1/images/{image_id}', {
		params: { path: { image_id: unknownId } },
	});
	return [missing.error?.type, unreadable.error?.type, forbidden.error?.type];
}

const idempotencyKey = crypto.randomUUID();
const job = await submit(idempotencyKey);
const repeated = await submit(idempotencyKey);
const finished = await waitForJob(job);
const { data: limits } = await gallery.GET('/api/v1/limits');
console.log(
	JSON.stringify({
		outcomes: job.items.map((item) => item.outcome),
		sameJob: repeated.id === job.id,
		status: finished.status,
		counts: finished.counts,
		all: await search(''),
		problems: await problemTypes(),
		types: limits?.media_types.length,
	}),
);
