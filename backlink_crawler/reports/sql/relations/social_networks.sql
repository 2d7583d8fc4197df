-- Sites on which people and companies have profiles: to be changed at will.
SELECT unnest([
    'facebook.com', 'instagram.com', 'linkedin.com', 'pinterest.com', 'tiktok.com', 'twitter.com', 'x.com', 'xing.com',
    'youtube.com', 'bsky.app', 'threads.net', 'mastodon.social', 'github.com', 'telegram.me', 't.me', 'vk.com'
]) AS target_site
