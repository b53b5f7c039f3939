"""What the service does: accounts, credits, analyses, tasks, their queue, their announcements."""
