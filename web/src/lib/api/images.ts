import { address, query, request, send } from './client';
import type { Image, ImagePage, ImageStatus, Similar, Sort, Tag } from './types';

/** What is asked of the gallery: the same words for the list, the bulk delete and the export. */
export type ImageQuery = {
	q?: string;
	min_score?: number;
	status?: ImageStatus;
	sort?: Sort;
	deleted?: boolean;
};

type Window = { skip?: number; cursor?: string | undefined; limit: number };

export const listImages = (what: ImageQuery, window: Window, signal?: AbortSignal) =>
	request<ImagePage>(`images${query({ ...what, ...window })}`, signal ? { signal } : {});

export const readImage = (id: string, signal?: AbortSignal) =>
	request<Image>(`images/${id}`, signal ? { signal } : {});

export const thumbnailAddress = (id: string) => address(`images/${id}/thumbnail`);
export const originalAddress = (id: string) => address(`images/${id}/original`);

export const deleteImage = (id: string) => send<void>('DELETE', `images/${id}`);
export const restoreImage = (id: string) => send<Image>('POST', `images/${id}/restore`);
export const retryImage = (id: string) => send<Image>('POST', `images/${id}/retry`);

/** Which pictures a bulk action is about. */
export type Choice = { ids: string[] } | { q: string; min_score?: number } | { all: true };

export const deleteImages = (choice: Choice) =>
	send<{ deleted: number; ids: string[] }>('POST', 'images/delete', choice);
export const restoreImages = (ids: string[]) =>
	send<{ restored: number }>('POST', 'images/restore', { ids });

export const similarImages = (id: string, signal?: AbortSignal) =>
	request<{ items: Similar[] }>(`images/${id}/similar`, signal ? { signal } : {});

export const suggestTags = (prefix: string, signal?: AbortSignal) =>
	request<{ items: Tag[] }>(`tags${query({ q: prefix, limit: 8 })}`, signal ? { signal } : {});

export function exportPath(
	format: string,
	what: { q?: string; min_score?: number; ids?: string[] },
): string {
	const params = new URLSearchParams({ format });
	if (what.q) params.set('q', what.q);
	if (what.min_score) params.set('min_score', String(what.min_score));
	for (const id of what.ids ?? []) params.append('ids', id);
	return `export?${params}`;
}
